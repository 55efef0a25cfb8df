//! Every folder of `examples`: it is served without a finding, and each command of its README does what it says.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};

use crate::running::{Dev, Outcome, backend, command, run};

/// Folders that show no single capability; they have tests of their own.
const OTHERS: [&str; 3] = ["backend", "fields", "quickstart"];

/// What each command of a folder's README prints, in the order of the README: parts of its output, backslashes and
/// white space left out, so that it does not matter how deep a JSON text is quoted.
const EXPECTED: [(&str, &[&[&str]]); 15] = [
    (
        "completion",
        &[
            &[r#""values":["formal","friendly","funny"]"#],
            &[r#""values":["Danish","Dutch","English"]"#],
            &[r#""values":["getting-started","guide"]"#],
        ],
    ),
    (
        "errors-and-retries",
        &[
            &["404NotFound", "thereisnoitem`99`", r#""isError":true"#],
            &["503ServiceUnavailable", r#""isError":true"#],
            &["theconnectionbroke", r#""isError":true"#],
        ],
    ),
    (
        "forms",
        &[
            &[
                "content-type:application/x-www-form-urlencoded",
                "name=Ada%20%26%20Bob&topics=maps&topics=tides",
            ],
            &[
                "content-type:multipart/form-data;boundary=",
                r#"name="title""#,
                "Highatnoon.",
            ],
            &["multipart/form-data;boundary=", r#"name="text""#],
        ],
    ),
    (
        "headers-and-cookies",
        &[
            &[
                "x-tenant:acme",
                "x-tags:a,b",
                "cookie:theme=dark",
                "x-team:platform",
                r#"{"text":"Hello"}"#,
            ],
            &[
                r#""x-tenant":"acme""#,
                r#""cookie":"theme=dark""#,
                r#""x-team":"platform""#,
            ],
            &[r#"argument"tenant""#, r#""isError":true"#],
        ],
    ),
    (
        "jq",
        &[
            &[r#""text":"["envoyproxy/envoy""#],
            &[r#""structuredContent":{"count":"#],
            &["thejqfilterfailed", r#""isError":true"#],
        ],
    ),
    (
        "limits",
        &[
            &["nocompleteanswerwithin200ms", r#""isError":true"#],
            &["largerthan1000bytes", r#""isError":true"#],
            &[
                "Theserverisbusy.",
                r#"{"waited_ms":1000}"#,
                r#""isError":true"#,
            ],
        ],
    ),
    (
        "mcp-backend",
        &[
            &[
                r#""text":"Areportabouttides:""#,
                r#""type":"resource_link""#,
                r#""uri":"report://figures""#,
            ],
            &["lackselicitation", r#""isError":true"#],
            &[
                r#""resultType":"input_required""#,
                "Reallydeletedraft?",
                r#""requestState":"#,
            ],
        ],
    ),
    (
        "media",
        &[
            &[
                r#""type":"image""#,
                r#""mimeType":"image/png""#,
                r#""data":"iVBORw0KGgo"#,
            ],
            &[
                r#""type":"audio""#,
                r#""mimeType":"audio/wav""#,
                r#""data":"UklGR"#,
            ],
            &[r#""type":"text""#, "Plaintext,intwolines."],
        ],
    ),
    (
        "output-schema",
        &[
            &[
                r#""structuredContent":{"#,
                r#""name":"envoyproxy/envoy""#,
                r#""text":"{"query":"envoy","#,
            ],
            &["/total", r#""isError":true"#],
            &["/query", r#""isError":true"#],
        ],
    ),
    (
        "path-and-query",
        &[
            &[
                "GEThttp://backend-svc:8080/api/echo/repos/helm/issues?labels=bug,help%20wanted&filter%5Bstate%5D=open&p=2",
            ],
            &[r#""path":"/api/echo/files/docs/a%20b.md""#],
            &[r#"argument"file""#, r#""isError":true"#],
        ],
    ),
    (
        "prompts",
        &[
            &[r#""text":"GreetAdainafriendlytone.""#],
            &[
                "theguideoncolours?",
                r#""mimeType":"image/png""#,
                r#""uri":"guide://colours""#,
                r#""role":"assistant""#,
            ],
            &["HowdoIsearch?", r#""uri":"docs://guide""#],
        ],
    ),
    (
        "resources",
        &[
            &[r#""uri":"about://motto""#, r#""text":"Keepitsimple.""#],
            &[
                r#""uri":"pages://guide""#,
                r#""mimeType":"text/markdown"#,
                "#Guide",
            ],
            &[r#"{"id":5,"stars":1}"#],
        ],
    ),
    (
        "routing-headers",
        &[
            &[r#""query":"region=eu""#],
            &[r#""code":-32020"#],
            &[r#""query":"region=eu""#],
        ],
    ),
    (
        "secrets",
        &[
            &["authorization:****"],
            &[r#""authorization":"Bearerof-the-example""#],
            &["SecretNotFound", "1rejected"],
        ],
    ),
    (
        "streaming",
        &[
            &["Theworkisdone."],
            &[
                r#""method":"notifications/progress""#,
                r#""progressToken":7"#,
                "50of100",
                "Theworkisdone.",
            ],
            &["Theworkisdone."],
        ],
    ),
];

fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The flags that a folder is loaded by.
fn source(folder: &str) -> Vec<String> {
    let mut flags = vec!["-f".to_owned(), format!("examples/{folder}")];
    if folder == "secrets" {
        flags.extend(["--secrets", "examples/secrets/secrets"].map(str::to_owned));
    }
    flags
}

/// A folder, served in front of the example backend at `backend`.
pub(crate) fn serve(folder: &str, backend: &str) -> Dev {
    let mut served = command(&["dev"]);
    let resolve = format!("backend-svc={backend}");
    let any = "127.0.0.1:0";
    served
        .current_dir(project())
        .args(source(folder))
        .args(["--resolve", &resolve, "--listen", any])
        .args(["--admin-listen", any]);
    Dev::spawn(served, tempfile::tempdir().unwrap())
}

/// What a README says to run: the code of its lines, but for what starts the gateway.
fn commands(readme: &str) -> Vec<String> {
    let lines = readme.lines().filter(|line| line.starts_with("* "));
    let code = lines.map(|line| line.rsplit('`').nth(1).unwrap_or(line).to_owned());
    code.collect()
}

/// Runs a line of a README in a shell at the top of the project, with the addresses of this test.
fn shell(line: &str, gateway: &Dev, backend: &str) -> Outcome {
    let line = line
        .replace("127.0.0.1:8080", &gateway.address.to_string())
        .replace("127.0.0.1:8081", backend);
    let program = Path::new(env!("CARGO_BIN_EXE_mcp-gateway"));
    let folder = program.parent().unwrap().display();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &line])
        .current_dir(project())
        .env("PATH", path);
    // The backend runs in this process and has to go on meanwhile.
    tokio::task::block_in_place(|| run(shell))
}

async fn check_folder(folder: &str, expected: &[&[&str]]) {
    let backend = backend().await.to_string();
    let verdict = run({
        let mut check = command(&["check", "-o", "json"]);
        check.current_dir(project()).args(source(folder));
        check
    });
    let told = (verdict.code, verdict.stderr.as_str());
    assert_eq!(told, (Some(0), ""), "{folder}: {verdict:?}");
    let verdicts: Value = serde_json::from_str(&verdict.stdout).unwrap();
    for object in verdicts["objects"].as_array().unwrap() {
        let said = (&object["status"], &object["message"]);
        assert_eq!(said, (&json!("accepted"), &json!("")), "{object}");
    }

    let readme = fs::read_to_string(project().join(format!("examples/{folder}/README.md")));
    let commands = commands(&readme.unwrap_or_else(|error| panic!("{folder}: {error}")));
    assert_eq!(
        (commands.len(), expected.len()),
        (3, 3),
        "{folder}: three lines on what to try, and what each prints"
    );
    let gateway = serve(folder, &backend);
    assert_eq!(gateway.log(), "", "{folder}");
    for (line, parts) in commands.iter().zip(expected) {
        let outcome = shell(line, &gateway, &backend);
        let mut printed = outcome.stdout.clone();
        printed.retain(|character| character != '\\' && !character.is_whitespace());
        for part in *parts {
            assert!(
                printed.contains(part),
                "{line}\ndid not print {part}\n{outcome:?}"
            );
        }
        let failed = parts.contains(&r#""isError":true"#);
        assert!(
            failed || !printed.contains(r#""isError":true"#),
            "{line}\n{outcome:?}"
        );
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_every_readme_does_what_it_says() {
    for (folder, expected) in EXPECTED {
        check_folder(folder, expected).await;
    }
}

#[test]
fn every_folder_is_tried() {
    let mut folders: Vec<String> = fs::read_dir(project().join("examples"))
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| !OTHERS.contains(&name.as_str()))
        .collect();
    folders.sort();
    let tried = EXPECTED.map(|(folder, _)| folder);
    assert_eq!(folders, tried, "add the folder to EXPECTED");
    let index = fs::read_to_string(project().join("examples/README.md")).unwrap();
    for folder in folders {
        let row = format!("| [{folder}]({folder}/) | ");
        assert!(index.contains(&row), "examples/README.md lacks {row}");
    }
}
