//! Which part may know of which: the absences that keep the design a straight line.

use std::fs;

use super::{Source, none_of, project, sources};

/// Some source files, and what none of them may say.
struct Absence {
    /// Beginnings of the paths that it is about.
    under: &'static [&'static str],
    /// Beginnings of paths that are exempt.
    except: &'static [&'static str],
    /// Texts that may not stand in code there.
    texts: &'static [&'static str],
    /// Whether tests are exempt, too.
    tests_may: bool,
    /// Why.
    because: &'static str,
}

const ABSENCES: [Absence; 8] = [
    Absence {
        under: &["shared/src/crd", "shared/src/names.rs"],
        except: &[],
        texts: &[
            "async ",
            ".await",
            "tokio",
            "kube::Client",
            "kube::client",
            "kube::runtime",
            "kube::Api",
            "crate::runtime",
        ],
        tests_may: false,
        because: "the contract is data: no async, no client, nothing of shared::runtime",
    },
    Absence {
        under: &["gateway/"],
        except: &["gateway/src/registry", "gateway/src/status"],
        texts: &["kube::"],
        tests_may: false,
        because: "only the registry's sources and the writing of status know of Kubernetes",
    },
    Absence {
        under: &["gateway/"],
        except: &[
            "gateway/src/registry",
            "gateway/src/commands",
            "gateway/src/app",
        ],
        texts: &["shared::crd"],
        tests_may: true,
        because: "behind the registry everything speaks of its snapshot, never of the resources",
    },
    Absence {
        under: &["gateway/src/registry", "gateway/src/mcp"],
        except: &[],
        texts: &["crate::proxy", "crate::backend", "crate::state"],
        tests_may: true,
        because: "the registry and the wire are below the request's way and know nothing of it",
    },
    Absence {
        under: &["gateway/src/backend", "gateway/src/state"],
        except: &[],
        texts: &["crate::proxy", "crate::methods"],
        tests_may: true,
        because: "only the request's way sees both of them; they do not look back",
    },
    Absence {
        under: &["gateway/", "shared/", "operator/"],
        except: &["gateway/src/state", "shared/src/tidy"],
        texts: &["redis::", "deadpool_redis"],
        tests_may: true,
        because: "Redis is the business of the state alone",
    },
    Absence {
        under: &[
            "operator/src/reconcile/validate",
            "operator/src/reconcile/build",
        ],
        except: &[],
        texts: &["async ", ".await", "kube::Client", "kube::Api"],
        tests_may: true,
        because: "judging and building are pure",
    },
    Absence {
        under: &["e2e/"],
        except: &[],
        texts: &["gateway::", "operator::"],
        tests_may: false,
        because: "the tests from outside see what users see",
    },
];

#[test]
fn each_part_knows_only_what_it_may() {
    let sources = sources();
    let mut wrong = Vec::new();
    for absence in ABSENCES {
        let begins = |source: &Source, list: &[&str]| {
            list.iter().any(|start| source.path.starts_with(start))
        };
        let of_concern = sources
            .iter()
            .filter(|source| begins(source, absence.under) && !begins(source, absence.except));
        for source in of_concern.filter(|source| !(absence.tests_may && source.is_test())) {
            for (number, line) in source.code() {
                let said = absence.texts.iter().filter(|text| says(line, text));
                wrong.extend(said.map(|text| {
                    format!("{}:{number}: `{text}`: {}", source.path, absence.because)
                }));
            }
        }
    }
    none_of(&wrong);
}

/// Whether a line says a text, and not as the end of a longer word.
fn says(line: &str, text: &str) -> bool {
    let inside_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    line.match_indices(text)
        .any(|(start, _)| !line[..start].ends_with(inside_word))
}

#[test]
fn what_is_looked_for_is_found_as_a_word_of_its_own() {
    assert!(says("use kube::Client;", "kube::"));
    assert!(says("    async fn run() {}", "async "));
    assert!(!says("use mykube::Client;", "kube::"));
}

#[test]
fn the_folders_that_the_absences_are_about_exist() {
    let sources = sources();
    for start in [
        "shared/src/crd/",
        "shared/src/names.rs",
        "gateway/src/registry/",
        "gateway/src/mcp/",
        "gateway/src/backend/",
        "gateway/src/state/",
        "gateway/src/proxy/",
        "gateway/src/commands",
    ] {
        let found = sources.iter().any(|source| source.path.starts_with(start));
        assert!(
            found,
            "{start} is gone; has an absence lost what it is about?"
        );
    }
}

#[test]
fn the_binaries_do_not_depend_on_each_other() {
    #[track_caller]
    fn check(package: &str, never: &[&str]) {
        let manifest = fs::read_to_string(project().join(package).join("Cargo.toml")).unwrap();
        let mut in_dependencies = false;
        for line in manifest.lines() {
            if line.starts_with('[') {
                in_dependencies = line.contains("dependencies");
            }
            let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
            let found = never.iter().find(|never| {
                in_dependencies
                    && (name == **never || line.ends_with(&format!("dependencies.{never}]")))
            });
            assert!(
                found.is_none(),
                "{package}/Cargo.toml: `{line}`: {package} may not depend on {never:?}"
            );
        }
    }
    check("operator", &["gateway", "e2e", "example-backend"]);
    check("gateway", &["operator", "e2e"]);
    check("shared", &["gateway", "operator", "e2e", "example-backend"]);
    check("e2e", &["gateway", "operator"]);
    check(
        "examples/backend",
        &["gateway", "operator", "shared", "e2e"],
    );
}
