//! The binary under test, the example backend beside it, and how to wait for things.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tokio::net::TcpListener;

/// What most tests serve.
pub(crate) const OBJECTS: &str = include_str!("objects.yaml");
/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running `mcp-gateway dev`. It is ended with SIGTERM, so that its coverage counts.
pub(crate) struct Dev {
    child: Child,
    _stdout: BufReader<ChildStdout>,
    /// The folder that it serves.
    pub(crate) folder: TempDir,
    /// What it said at its start.
    pub(crate) said: String,
    /// Where clients connect.
    pub(crate) address: SocketAddr,
    /// Where probes and metrics are.
    pub(crate) admin: SocketAddr,
}

/// The command `mcp-gateway`, with these arguments.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-gateway"));
    command.args(arguments);
    command
}

/// The example backend, for as long as the test runs.
pub(crate) async fn backend() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(example_backend::serve(listener, std::future::pending()));
    address
}

impl Dev {
    /// Serves [`OBJECTS`] with the example backend behind them.
    pub(crate) async fn start(more: &[&str]) -> Self {
        let resolve = format!("backend-svc={}", backend().await);
        Self::serving(OBJECTS, &[&["--resolve", &resolve], more].concat())
    }

    /// Serves these objects.
    pub(crate) fn serving(yaml: &str, more: &[&str]) -> Self {
        let (command, folder) = Self::command(yaml, more);
        Self::spawn(command, folder)
    }

    fn command(yaml: &str, more: &[&str]) -> (Command, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("objects.yaml"), yaml).unwrap();
        let path = folder.path().to_str().unwrap().to_owned();
        let any = "127.0.0.1:0";
        let usual = ["dev", "-f", &path, "--listen", any, "--admin-listen", any];
        (command(&[&usual, more].concat()), folder)
    }

    /// The same, started as shells and container runtimes do: with a low limit of open files that may be raised.
    pub(crate) fn with_few_files(more: &[&str]) -> Self {
        let (command, folder) = Self::command(OBJECTS, more);
        let mut limited = Command::new("sh");
        limited.args(["-c", "ulimit -S -n 256; exec \"$0\" \"$@\""]);
        limited.arg(command.get_program()).args(command.get_args());
        Self::spawn(limited, folder)
    }

    /// Starts a command and waits until it says that it serves.
    pub(crate) fn spawn(mut command: Command, folder: TempDir) -> Self {
        let log = fs::File::create(folder.path().join("log.txt")).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.contains("  try it") {
            let read = stdout.read_line(&mut said).unwrap();
            let log = || fs::read_to_string(folder.path().join("log.txt")).unwrap();
            assert!(read > 0, "it ended at once, saying {said}{}", log());
        }
        let address = |label: &str| {
            let url = said.split(&format!("  {label}")).nth(1).unwrap();
            let authority = url.trim().strip_prefix("http://").unwrap();
            authority.split('/').next().unwrap().parse().unwrap()
        };
        let (listen, admin) = (address("endpoint"), address("metrics"));
        Self {
            child,
            _stdout: stdout,
            folder,
            address: listen,
            admin,
            said,
        }
    }

    /// Where MCP clients are pointed to.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// Replaces a file of the folder as editors do: whole, by a rename.
    pub(crate) fn save(&self, name: &str, text: &str) {
        let new = self.folder.path().join(format!(".{name}.swp"));
        fs::write(&new, text).unwrap();
        fs::rename(new, self.folder.path().join(name)).unwrap();
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log.txt")).unwrap()
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        let told = Command::new("sh")
            .args(["-c", "kill -TERM \"$0\"", &self.child.id().to_string()])
            .status();
        assert!(told.unwrap().success());
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let mut status = None;
        eventually("the gateway ends", || {
            status = self.child.try_wait().unwrap();
            std::future::ready(status.is_some())
        })
        .await;
        status.unwrap()
    }

    /// Ends it and sees that it ended well.
    pub(crate) async fn stop(mut self) {
        self.terminate();
        assert_eq!(self.ended().await.code(), Some(0), "{}", self.log());
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        // Only after a failed test is it still there.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _gone = self.child.kill();
            let _status = self.child.wait();
        }
    }
}

/// Waits until `condition` holds; there is nothing to be told by.
pub(crate) async fn eventually<F: Future<Output = bool>>(
    what: &str,
    mut condition: impl FnMut() -> F,
) {
    let start = Instant::now();
    while !condition().await {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// What a command that ends by itself came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a command to its end.
pub(crate) fn run(mut command: Command) -> Outcome {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let errors = std::thread::spawn(move || {
        let mut text = String::new();
        stderr.read_to_string(&mut text).unwrap();
        text
    });
    let mut text = String::new();
    stdout.read_to_string(&mut text).unwrap();
    Outcome {
        code: child.wait().unwrap().code(),
        stdout: text,
        stderr: errors.join().unwrap(),
    }
}
