//! The threads that run filters: few, with deep stacks, and with a short queue before them.
//! A run cannot hold one for ever, because each step of it looks at the clock and at whether anybody still waits.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::oneshot;

use super::{Program, RunError, STACK};

type Answer = Result<Vec<u8>, RunError>;

/// Runs filters beside the threads that serve connections. Its threads end when it is dropped.
#[derive(Debug)]
pub struct Pool {
    jobs: SyncSender<Job>,
}

#[derive(Debug)]
struct Job {
    program: Arc<Program>,
    input: Bytes,
    deadline: Instant,
    max_output: usize,
    answer: oneshot::Sender<Answer>,
}

impl Pool {
    /// Starts `threads` threads, before which `waiting` runs may queue.
    ///
    /// # Errors
    /// The system gives no more threads.
    pub fn start(threads: usize, waiting: usize) -> io::Result<Self> {
        let (jobs, queue) = sync_channel(waiting);
        let queue = Arc::new(Mutex::new(queue));
        for number in 0..threads.max(1) {
            let queue = Arc::clone(&queue);
            thread::Builder::new()
                .name(format!("jq-{number}"))
                .stack_size(STACK)
                .spawn(move || work(&queue))?;
        }
        Ok(Self { jobs })
    }

    /// Runs a filter over a JSON text and yields JSON on one line: the result itself where there is one, an array of
    /// them where there are several. Dropping the future ends the run.
    ///
    /// # Errors
    /// See `RunError`; `Timeout` once `within` has passed, whether the run began or not.
    pub async fn run(
        &self,
        program: Arc<Program>,
        input: Bytes,
        within: Duration,
        max_output: usize,
    ) -> Answer {
        let (answer, answered) = oneshot::channel();
        let job = Job {
            program,
            input,
            deadline: Instant::now() + within,
            max_output,
            answer,
        };
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => RunError::Busy,
            TrySendError::Disconnected(_) => RunError::Broken,
        })?;
        match tokio::time::timeout(within, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(RunError::Broken),
            Err(_) => Err(RunError::Timeout),
        }
    }
}

fn work(queue: &Mutex<Receiver<Job>>) {
    loop {
        // Whoever holds the lock waits for a job, the others wait for the lock.
        let next = match queue.lock() {
            Ok(queue) => queue.recv(),
            Err(_) => return,
        };
        let Ok(job) = next else { return };
        let run = || {
            let abandoned = || job.answer.is_closed();
            job.program
                .run(&job.input, job.deadline, job.max_output, &abandoned)
        };
        // A fault in the jq crates fails one run, not the thread.
        let answer = catch_unwind(AssertUnwindSafe(run)).unwrap_or(Err(RunError::Broken));
        // Nobody waits any more if this fails.
        let _ = job.answer.send(answer);
    }
}
