//! Saves, renames, deletions and links in real folders, waited for and never slept for.

use std::{
    fs,
    io::Write,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use tokio::{sync::mpsc, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{FileSource, Loaded, watch};
use crate::registry::files::FileOptions;

/// Far more than anything here takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// Less than the safety look, so that only a notice of the system can have brought the news.
const BY_NOTICE: Duration = Duration::from_millis(1500);

/// A source being watched, and what it hands on.
struct Watching {
    loads: mpsc::UnboundedReceiver<Loaded>,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Watching {
    /// Starts and waits for the first load.
    async fn start(options: FileOptions) -> Self {
        let source = FileSource::new(options).unwrap();
        let (sender, loads) = mpsc::unbounded_channel();
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(watch(
            source,
            move |loaded| {
                let _ = sender.send(loaded);
            },
            shutdown.clone(),
        ));
        let mut watching = Self {
            loads,
            shutdown,
            task,
        };
        watching.until(|_| true).await;
        watching
    }

    async fn on(path: &Path) -> Self {
        Self::start(FileOptions {
            paths: vec![path.to_owned()],
            ..FileOptions::default()
        })
        .await
    }

    /// The first load that `wanted` accepts, after the ones that it does not.
    async fn until(&mut self, wanted: impl Fn(&Loaded) -> bool) -> Loaded {
        self.seen_until(wanted).await.pop().unwrap()
    }

    /// All loads up to the first one that `wanted` accepts.
    async fn seen_until(&mut self, wanted: impl Fn(&Loaded) -> bool) -> Vec<Loaded> {
        let mut seen = Vec::new();
        loop {
            let loaded = timeout(PATIENCE, self.loads.recv())
                .await
                .expect("nothing came")
                .expect("the watch ended");
            let found = wanted(&loaded);
            seen.push(loaded);
            if found {
                return seen;
            }
        }
    }

    /// Waits for exactly these tools, and not for the safety look.
    async fn until_tools(&mut self, expected: &[&str]) -> Loaded {
        let began = Instant::now();
        let loaded = self.until(|loaded| names(loaded) == expected).await;
        assert!(
            began.elapsed() < BY_NOTICE,
            "{expected:?} took {:?}",
            began.elapsed()
        );
        loaded
    }
}

fn names(loaded: &Loaded) -> Vec<&str> {
    loaded
        .objects
        .tools
        .iter()
        .map(|tool| tool.metadata.name.as_deref().unwrap())
        .collect()
}

fn tool(name: &str) -> String {
    format!(
        "apiVersion: mcp.example.com/v1alpha1\nkind: MCPTool\nmetadata:\n  name: {name}\nspec:\n  service: {{name: backend, port: 80}}\n  inputSchema: {{}}\n"
    )
}

fn write(folder: &Path, file: &str, name: &str) {
    fs::write(folder.join(file), tool(name)).unwrap();
}

fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (file, name) in files {
        write(folder.path(), file, name);
    }
    folder
}

#[tokio::test]
async fn saves_new_files_and_deletions_are_seen() {
    let folder = folder_with(&[("a.yaml", "a")]);
    let mut watching = Watching::on(folder.path()).await;
    write(folder.path(), "a.yaml", "a2");
    watching.until_tools(&["a2"]).await;
    write(folder.path(), "b.yaml", "b");
    watching.until_tools(&["a2", "b"]).await;
    fs::remove_file(folder.path().join("a.yaml")).unwrap();
    watching.until_tools(&["b"]).await;
}

#[tokio::test]
async fn a_save_by_renaming_never_shows_the_file_missing() {
    let folder = folder_with(&[("a.yaml", "a0")]);
    let mut watching = Watching::on(folder.path()).await;
    for round in 1..20 {
        // As some editors do it: the old file is moved away, and a new one comes under its name.
        write(folder.path(), ".a.yaml.new", &format!("a{round}"));
        fs::rename(folder.path().join("a.yaml"), folder.path().join("a.yaml~")).unwrap();
        fs::rename(
            folder.path().join(".a.yaml.new"),
            folder.path().join("a.yaml"),
        )
        .unwrap();
        let wanted = format!("a{round}");
        let seen = watching
            .seen_until(|loaded| names(loaded) == [wanted.as_str()])
            .await;
        assert!(
            seen.iter()
                .all(|loaded| loaded.objects.tools.len() == 1 && loaded.findings.is_empty())
        );
    }
    for round in 20..40 {
        // As most others do it: a new file takes the place of the old one.
        write(folder.path(), ".a.yaml.new", &format!("a{round}"));
        fs::rename(
            folder.path().join(".a.yaml.new"),
            folder.path().join("a.yaml"),
        )
        .unwrap();
        watching.until_tools(&[format!("a{round}").as_str()]).await;
    }
}

#[tokio::test]
async fn a_file_that_is_half_written_changes_nothing_until_it_is_closed() {
    let folder = folder_with(&[("a.yaml", "a"), ("b.yaml", "b")]);
    let mut watching = Watching::on(folder.path()).await;
    let text = tool("a2");
    let mut file = fs::File::create(folder.path().join("a.yaml")).unwrap();
    // Half of it is good YAML and a bad tool.
    let half = text.find("spec:").unwrap();
    file.write_all(&text.as_bytes()[..half]).unwrap();
    // Another save makes the files be looked at.
    write(folder.path(), "b.yaml", "b2");
    let loaded = watching.until(|loaded| names(loaded).contains(&"b2")).await;
    assert_eq!(names(&loaded), ["a", "b2"]);
    assert_eq!(loaded.findings, []);
    file.write_all(&text.as_bytes()[half..]).unwrap();
    drop(file);
    let seen = watching
        .seen_until(|loaded| names(loaded) == ["a2", "b2"])
        .await;
    assert!(
        seen.iter().all(|loaded| loaded.findings.is_empty()),
        "{seen:?}"
    );
}

#[tokio::test]
async fn a_file_that_stays_broken_is_told_and_keeps_its_objects() {
    let folder = folder_with(&[("a.yaml", "a")]);
    let mut watching = Watching::on(folder.path()).await;
    fs::write(folder.path().join("a.yaml"), "kind: [").unwrap();
    let loaded = watching.until(|loaded| loaded.findings_changed).await;
    assert_eq!(names(&loaded), ["a"]);
    assert!(!loaded.changed);
    assert!(
        loaded.findings[0]
            .message
            .contains("its objects stay as they were"),
        "{:?}",
        loaded.findings
    );
    write(folder.path(), "a.yaml", "a2");
    let loaded = watching.until_tools(&["a2"]).await;
    assert_eq!(loaded.findings, []);
}

#[tokio::test]
async fn an_object_that_becomes_wrong_is_left_out_and_comes_back() {
    let folder = folder_with(&[("a.yaml", "a"), ("b.yaml", "b")]);
    let mut watching = Watching::on(folder.path()).await;
    fs::write(
        folder.path().join("a.yaml"),
        tool("a").replace("port: 80", "port: 0"),
    )
    .unwrap();
    let loaded = watching.until_tools(&["b"]).await;
    assert_eq!(loaded.findings.len(), 1);
    write(folder.path(), "a.yaml", "a");
    watching.until_tools(&["a", "b"]).await;
}

#[tokio::test]
async fn a_folder_that_is_deleted_and_made_again_is_followed() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("tools");
    fs::create_dir_all(&folder).unwrap();
    write(&folder, "a.yaml", "a");
    let mut watching = Watching::on(&folder).await;
    for round in 0..3 {
        fs::remove_dir_all(&folder).unwrap();
        let loaded = watching.until_tools(&[]).await;
        assert!(
            loaded.findings[0].message.contains("is gone"),
            "{:?}",
            loaded.findings
        );
        fs::create_dir_all(folder.join("deep")).unwrap();
        let name = format!("b{round}");
        write(&folder, "deep/b.yaml", &name);
        watching.until_tools(&[&name]).await;
        let name = format!("c{round}");
        write(&folder, "deep/b.yaml", &name);
        let loaded = watching.until_tools(&[&name]).await;
        assert_eq!(loaded.findings, []);
    }
}

#[tokio::test]
async fn a_folder_whose_parent_goes_too_is_followed() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("deep/er/tools");
    fs::create_dir_all(&folder).unwrap();
    write(&folder, "a.yaml", "a");
    let mut watching = Watching::on(&folder).await;
    fs::remove_dir_all(parent.path().join("deep")).unwrap();
    watching.until_tools(&[]).await;
    fs::create_dir_all(&folder).unwrap();
    write(&folder, "a.yaml", "b");
    watching.until_tools(&["b"]).await;
}

#[tokio::test]
async fn a_link_is_followed_to_where_it_leads_and_when_it_changes() {
    let parent = tempfile::tempdir().unwrap();
    for version in ["v1", "v2"] {
        fs::create_dir_all(parent.path().join(version)).unwrap();
        write(&parent.path().join(version), "a.yaml", version);
    }
    let link = parent.path().join("current");
    symlink("v1", &link).unwrap();
    let mut watching = Watching::on(&link).await;
    write(&parent.path().join("v1"), "a.yaml", "v1b");
    watching.until_tools(&["v1b"]).await;
    symlink("v2", parent.path().join("next")).unwrap();
    fs::rename(parent.path().join("next"), &link).unwrap();
    watching.until_tools(&["v2"]).await;
    write(&parent.path().join("v2"), "a.yaml", "v2b");
    watching.until_tools(&["v2b"]).await;
}

#[tokio::test]
async fn a_linked_file_is_followed_to_where_it_leads() {
    let elsewhere = folder_with(&[("real.yaml", "a")]);
    let folder = tempfile::tempdir().unwrap();
    symlink(
        elsewhere.path().join("real.yaml"),
        folder.path().join("a.yaml"),
    )
    .unwrap();
    let mut watching = Watching::on(folder.path()).await;
    write(elsewhere.path(), "real.yaml", "b");
    watching.until_tools(&["b"]).await;
}

#[tokio::test]
async fn a_single_file_is_followed_through_replacement_and_deletion() {
    let folder = folder_with(&[("a.yaml", "a")]);
    let file: PathBuf = folder.path().join("a.yaml");
    let mut watching = Watching::on(&file).await;
    write(folder.path(), "new", "b");
    fs::rename(folder.path().join("new"), &file).unwrap();
    watching.until_tools(&["b"]).await;
    fs::remove_file(&file).unwrap();
    watching.until_tools(&[]).await;
    write(folder.path(), "a.yaml", "c");
    watching.until_tools(&["c"]).await;
}

#[tokio::test]
async fn a_rotated_secret_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("secrets/github")).unwrap();
    fs::create_dir_all(folder.path().join("tools")).unwrap();
    let token = folder.path().join("secrets/github/token");
    fs::write(&token, "old").unwrap();
    let options = FileOptions {
        paths: vec![folder.path().join("tools")],
        secrets_dir: Some(folder.path().join("secrets")),
        ..FileOptions::default()
    };
    let mut watching = Watching::start(options).await;
    fs::write(&token, "new").unwrap();
    let began = Instant::now();
    watching
        .until(|loaded| loaded.objects.secrets["github"]["token"] == b"new")
        .await;
    assert!(began.elapsed() < BY_NOTICE);
}

#[tokio::test]
async fn the_watch_ends_when_it_is_told_to() {
    let folder = folder_with(&[("a.yaml", "a")]);
    let watching = Watching::on(folder.path()).await;
    watching.shutdown.cancel();
    timeout(PATIENCE, watching.task)
        .await
        .expect("it goes on")
        .unwrap();
}
