//! Files, folders, lists and findings, as of the first load.

use std::{fs, os::unix::fs::symlink, path::PathBuf, sync::Arc};

use tempfile::TempDir;

use super::{FileOptions, FileSource, Loaded};
use crate::registry::objects::Service;

mod examples;
mod later;

/// A folder of manifests, and a source that reads it.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new(files: &[(&str, &str)]) -> Self {
        let bench = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for (name, text) in files {
            bench.write(name, text);
        }
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn options(&self) -> FileOptions {
        FileOptions {
            paths: vec![self.folder.path().to_owned()],
            ..FileOptions::default()
        }
    }

    fn source(&self) -> FileSource {
        FileSource::new(self.options()).unwrap()
    }

    fn load(&self) -> Loaded {
        self.source().load()
    }

    /// The findings, the folder's own path left out.
    fn told(&self, loaded: &Loaded) -> Vec<String> {
        let folder = format!("{}/", self.folder.path().display());
        loaded
            .findings
            .iter()
            .map(|report| report.to_string().replace(&folder, ""))
            .collect()
    }
}

/// A tool that nothing is wrong with.
fn tool(name: &str) -> String {
    format!(
        "apiVersion: mcp.example.com/v1alpha1\nkind: MCPTool\nmetadata:\n  name: {name}\nspec:\n  service: {{name: backend, port: 80}}\n  inputSchema: {{}}\n"
    )
}

fn server(name: &str, namespace: &str) -> String {
    format!(
        "apiVersion: mcp.example.com/v1alpha1\nkind: MCPServer\nmetadata:\n  name: {name}\n  namespace: {namespace}\nspec:\n  toolSelector: {{}}\n"
    )
}

fn names(loaded: &Loaded) -> Vec<&str> {
    loaded
        .objects
        .tools
        .iter()
        .map(|tool| tool.metadata.name.as_deref().unwrap())
        .collect()
}

/// What a single file is told.
fn check(text: &str, expected: &[&str]) {
    let bench = Bench::new(&[("a.yaml", text)]);
    assert_eq!(bench.told(&bench.load()), expected);
}

#[test]
fn folders_are_read_with_all_folders_in_them_but_without_what_editors_leave() {
    let bench = Bench::new(&[]);
    for name in ["b.yaml", "a.yml", "deep/er/c.json"] {
        let tool = tool(&name.replace(['/', '.'], "-"));
        bench.write(name, tool);
    }
    for name in [
        ".a.yaml",
        ".a.yaml.swp",
        "a.yaml~",
        "#a.yaml#",
        "4913",
        "a.yaml.tmp",
        "notes.txt",
        ".git/x.yaml",
    ] {
        bench.write(name, "not: [yaml");
    }
    let loaded = bench.load();
    assert_eq!(names(&loaded), ["a-yml", "b-yaml", "deep-er-c-json"]);
    assert_eq!(bench.told(&loaded), [""; 0]);
}

#[test]
fn a_file_that_is_named_is_read_whatever_it_is_called_and_only_once() {
    let bench = Bench::new(&[("manifest", &tool("search"))]);
    let paths = vec![bench.path("manifest"), bench.path("manifest")];
    let loaded = FileSource::new(FileOptions {
        paths,
        ..FileOptions::default()
    })
    .unwrap()
    .load();
    assert_eq!(names(&loaded), ["search"]);
    assert_eq!(loaded.findings, []);
}

#[test]
fn folders_that_link_to_each_other_are_read_once() {
    let bench = Bench::new(&[("a/a.yaml", &tool("search"))]);
    symlink("..", bench.path("a/up")).unwrap();
    assert_eq!(names(&bench.load()), ["search"]);
}

#[test]
fn lists_hold_objects_whose_findings_have_lines_of_their_own() {
    let item = |text: &str| format!("- {}", text.replace('\n', "\n  "));
    let text = format!(
        "apiVersion: v1\nkind: List\nitems:\n{}\n{}\n",
        item(&tool("one")),
        item(&tool("two").replace("port: 80", "port: 0"))
    );
    let bench = Bench::new(&[("a.yaml", &text)]);
    let loaded = bench.load();
    assert_eq!(names(&loaded), ["one"]);
    assert_eq!(
        bench.told(&loaded),
        ["a.yaml:17: MCPTool default/two: spec.service.port: must be at least 1, is 0"]
    );
}

#[test]
fn findings_name_the_file_the_line_the_object_and_the_field() {
    check(
        &format!("---\n# a comment\n---\n{}  timeout: soon\n", tool("search")),
        &[
            "a.yaml:11: MCPTool default/search: spec.timeout: must match ^([0-9]{1,15}(\\.[0-9]{1,15})?(ns|us|µs|ms|s|m|h))+$, is \"soon\" (How long one call may take, such as 10s; never longer than the server's `requestTimeout`)",
        ],
    );
    check(
        &format!("{}  descripton: x\n", tool("search")),
        &[
            "a.yaml:8: MCPTool default/search: spec.descripton: unknown field, left out; did you mean `description`?",
        ],
    );
    check(
        &tool("search").replace(", port: 80", ""),
        &[
            "a.yaml:6: MCPTool default/search: spec.service.port: is missing; add it (Port of the Service: its number, or its name as the Service gives it)",
        ],
    );
}

#[test]
fn what_is_no_object_of_ours_is_refused_or_skipped_with_one_line() {
    let typed = |version: &str, kind: &str| {
        format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x}}\n")
    };
    check(
        &typed("mcp.example.com/v1alpha1", "MCPTol"),
        &[
            "a.yaml:2: kind: mcp.example.com has no kind \"MCPTol\"; its kinds are MCPServer, MCPTool, MCPPrompt and MCPResource; did you mean MCPTool?",
        ],
    );
    check(
        &typed("mcp.example.com/v1", "MCPTool"),
        &[
            "a.yaml:1: apiVersion: mcp.example.com/v1 is not known here; write mcp.example.com/v1alpha1",
        ],
    );
    check(
        &typed("v1", "MCPTool"),
        &["a.yaml:1: apiVersion: a MCPTool belongs to mcp.example.com/v1alpha1; write that"],
    );
    check(
        &typed("apps/v1", "Deployment"),
        &["a.yaml:1: Deployment x skipped: not of mcp.example.com"],
    );
    check(
        &typed("kagent.dev/v1", "MCPServer"),
        &["a.yaml:1: MCPServer x skipped: not of mcp.example.com"],
    );
    check(
        &typed("v1", "Secret"),
        &[
            "a.yaml:1: Secret x skipped: values of Secrets are read from the folder that --secrets names",
        ],
    );
    check(
        "kind: MCPTool\n",
        &["a.yaml:1: apiVersion: is missing; add apiVersion: mcp.example.com/v1alpha1"],
    );
    check(
        "- a\n- b\n",
        &[
            "a.yaml:1: a document must be an object with apiVersion, kind and metadata; this one is something else",
        ],
    );
}

#[test]
fn services_are_known_by_namespace_and_name() {
    let text = "apiVersion: v1\nkind: Service\nmetadata: {name: backend}\nspec:\n  ports: [{name: http, port: 80}]\n";
    let twice = format!("{text}---\n{text}");
    let bench = Bench::new(&[("a.yaml", &twice)]);
    let loaded = bench.load();
    let backend = Service {
        host: "backend".to_owned(),
        ports: vec![("http".to_owned(), 80)],
        external_name: false,
    };
    let key = ("default".to_owned(), "backend".to_owned());
    assert_eq!(
        loaded
            .objects
            .services
            .known
            .into_iter()
            .collect::<Vec<_>>(),
        [(key, backend)]
    );
    assert!(loaded.objects.services.by_name);
}

#[test]
fn of_two_objects_with_one_name_the_first_stays_and_the_second_is_told_where() {
    let bench = Bench::new(&[
        ("a.yaml", &tool("search")),
        (
            "b.yaml",
            &format!("{}---\n{}", tool("other"), tool("search")),
        ),
    ]);
    let loaded = bench.load();
    assert_eq!(names(&loaded), ["search", "other"]);
    let folder = format!("{}/", bench.folder.path().display());
    assert_eq!(
        bench
            .told(&loaded)
            .iter()
            .map(|told| told.replace(&folder, ""))
            .collect::<Vec<_>>(),
        [
            "b.yaml:12: MCPTool default/search: metadata.name: this name is already used at a.yaml:1; left out, give one of the two another name"
        ]
    );
}

#[test]
fn the_server_to_be_is_chosen_and_sees_its_own_namespace() {
    let elsewhere = tool("far").replace("name: far", "name: far\n  namespace: b");
    let bench = Bench::new(&[(
        "a.yaml",
        &format!(
            "{}---\n{}---\n{}",
            server("main", "default"),
            tool("near"),
            elsewhere
        ),
    )]);
    let loaded = bench.load();
    assert_eq!(
        loaded
            .objects
            .server
            .as_ref()
            .unwrap()
            .metadata
            .name
            .as_deref(),
        Some("main")
    );
    assert_eq!(names(&loaded), ["near"]);
    assert_eq!(
        bench.told(&loaded),
        [
            "a.yaml:21: MCPTool b/far: metadata.namespace: of another namespace than the server default/main, so not served"
        ]
    );

    bench.write("b.yaml", server("other", "b"));
    let refused = FileSource::new(bench.options()).unwrap_err().to_string();
    assert_eq!(
        refused,
        "the files hold several MCPServers: b/other, default/main; choose one with --server"
    );
    let options = FileOptions {
        server: Some("other".to_owned()),
        ..bench.options()
    };
    assert_eq!(names(&FileSource::new(options).unwrap().load()), ["far"]);
    let options = FileOptions {
        server: Some("mian".to_owned()),
        ..bench.options()
    };
    let refused = FileSource::new(options).unwrap_err().to_string();
    assert_eq!(
        refused,
        "there is no MCPServer mian in the files; they hold b/other, default/main"
    );
}

#[test]
fn without_a_server_everything_is_there() {
    let loaded = Bench::new(&[("a.yaml", &tool("a"))]).load();
    assert!(loaded.objects.server.is_none());
    assert_eq!(names(&loaded), ["a"]);
}

#[test]
fn a_server_that_becomes_wrong_or_unclear_stays_as_it_was() {
    let bench = Bench::new(&[("a.yaml", &server("main", "default"))]);
    let mut source = bench.source();
    let before = source.load().objects.server.unwrap();

    bench.write(
        "a.yaml",
        server("main", "default").replace("toolSelector: {}", "replicas: -1"),
    );
    let loaded = source.load();
    assert!(Arc::ptr_eq(
        loaded.objects.server.as_ref().unwrap(),
        &before
    ));
    assert_eq!(
        bench.told(&loaded),
        ["a.yaml:7: MCPServer default/main: spec.replicas: must be at least 0, is -1"]
    );

    bench.write(
        "a.yaml",
        format!(
            "{}---\n{}",
            server("main", "default"),
            server("other", "default")
        ),
    );
    let loaded = source.load();
    assert!(Arc::ptr_eq(
        loaded.objects.server.as_ref().unwrap(),
        &before
    ));
    assert_eq!(
        bench.told(&loaded),
        [
            "the files hold several MCPServers: default/main, default/other; choose one with --server"
        ]
    );
}
