//! Real signals to a real process: this test binary, started once more.
//!
//! The process under test is the ignored test `a_process_that_waits`, because a signal to the test
//! runner itself would reach every other test.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use super::token;

const READY: &str = "waiting for a signal";
const CANCELLED: &str = "token cancelled";

struct Waiting {
    process: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Waiting {
    fn start() -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["runtime::shutdown::tests::a_process_that_waits", "--exact"])
            .args(["--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut waiting = Self { process, lines };
        waiting.until(READY);
        waiting
    }

    /// Reads lines until one holds the text; the process ends its output if it never says so.
    fn until(&mut self, text: &str) {
        let found = self.lines.any(|line| line.unwrap().contains(text));
        assert!(found, "the process ended without saying {text:?}");
    }

    fn send(&self, signal: &str) {
        let command = format!("kill -s {signal} {}", self.process.id());
        let sent = Command::new("sh").args(["-c", &command]).status().unwrap();
        assert!(sent.success());
    }
}

#[test]
#[ignore = "the process under test, started by the others"]
fn a_process_that_waits() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let token = token().unwrap();
        println!("{READY}");
        token.cancelled().await;
        println!("{CANCELLED}");
        std::io::stdout().flush().unwrap();
        // Ends when the other side closes its pipe, or by a second signal.
        let input = tokio::task::spawn_blocking(|| std::io::stdin().lines().count());
        input.await.unwrap();
    });
}

fn check_first(signal: &str) {
    let mut waiting = Waiting::start();
    waiting.send(signal);
    waiting.until(CANCELLED);
    drop(waiting.process.stdin.take());
    assert!(
        waiting.process.wait().unwrap().success(),
        "the process ends as it likes"
    );
}

fn check_second(first: &str, second: &str, status: i32) {
    let mut waiting = Waiting::start();
    waiting.send(first);
    waiting.until(CANCELLED);
    // Kept open, which `wait` would not do, so that nothing but the signal ends the process.
    let _input = waiting.process.stdin.take();
    waiting.send(second);
    assert_eq!(waiting.process.wait().unwrap().code(), Some(status));
}

#[test]
fn sigterm_cancels_the_token() {
    check_first("TERM");
}

#[test]
fn sigint_cancels_the_token() {
    check_first("INT");
}

#[test]
fn a_second_signal_ends_the_process_at_once() {
    check_second("INT", "INT", 130);
    check_second("TERM", "TERM", 143);
    check_second("TERM", "INT", 130);
}
