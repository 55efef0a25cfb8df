//! Which MCPServer of the files to be. Pure: names in, a name or an error out.

use thiserror::Error;

use crate::registry::objects::ObjectRef;

/// Why it is not clear which MCPServer to be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ChoiceError {
    /// There are several, and nothing says which.
    #[error("the files hold several MCPServers: {}; choose one with --server", .0.join(", "))]
    Several(Vec<String>),
    /// The one that was asked for is not there.
    #[error("there is no MCPServer {wanted} in the files; {}", known_text(.known))]
    Unknown {
        /// What was asked for.
        wanted: String,
        /// Those that are there.
        known: Vec<String>,
    },
}

/// Chooses among `servers` by `wanted` (`NAME` or `NAMESPACE/NAME`); `None` where there is none to choose.
pub(super) fn choose<'s>(
    servers: &[&'s ObjectRef],
    wanted: Option<&str>,
) -> Result<Option<&'s ObjectRef>, ChoiceError> {
    let matching: Vec<&ObjectRef> = servers
        .iter()
        .copied()
        .filter(|server| matches(server, wanted))
        .collect();
    let names = |servers: &[&ObjectRef]| {
        servers
            .iter()
            .map(|server| format!("{}/{}", server.namespace, server.name))
            .collect()
    };
    match (matching.as_slice(), wanted) {
        ([], None) => Ok(None),
        ([], Some(wanted)) => Err(ChoiceError::Unknown {
            wanted: wanted.to_owned(),
            known: names(servers),
        }),
        ([one], _) => Ok(Some(one)),
        (several, _) => Err(ChoiceError::Several(names(several))),
    }
}

fn matches(server: &ObjectRef, wanted: Option<&str>) -> bool {
    match wanted.map(|wanted| wanted.split_once('/').ok_or(wanted)) {
        None => true,
        Some(Ok((namespace, name))) => server.namespace == namespace && server.name == name,
        Some(Err(name)) => server.name == name,
    }
}

fn known_text(known: &[String]) -> String {
    if known.is_empty() {
        "they hold none, so leave --server out and everything is selected, or add one".to_owned()
    } else {
        format!("they hold {}", known.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::choose;
    use crate::registry::objects::{Kind, ObjectRef};

    fn check(names: &[(&str, &str)], wanted: Option<&str>, expected: Result<Option<&str>, &str>) {
        let servers: Vec<ObjectRef> = names
            .iter()
            .map(|(namespace, name)| ObjectRef {
                kind: Kind::Server,
                namespace: (*namespace).to_owned(),
                name: (*name).to_owned(),
            })
            .collect();
        let borrowed: Vec<&ObjectRef> = servers.iter().collect();
        let chosen = choose(&borrowed, wanted)
            .map(|server| server.map(|server| format!("{}/{}", server.namespace, server.name)))
            .map_err(|error| error.to_string());
        assert_eq!(
            chosen,
            expected
                .map(|name| name.map(ToOwned::to_owned))
                .map_err(ToOwned::to_owned)
        );
    }

    #[test]
    fn none_or_one_needs_no_choice() {
        check(&[], None, Ok(None));
        check(&[("a", "main")], None, Ok(Some("a/main")));
    }

    #[test]
    fn one_of_several_is_chosen_by_name() {
        let several = [("a", "main"), ("a", "other"), ("b", "main")];
        check(&several, Some("other"), Ok(Some("a/other")));
        check(&several, Some("b/main"), Ok(Some("b/main")));
        check(
            &several,
            None,
            Err(
                "the files hold several MCPServers: a/main, a/other, b/main; choose one with --server",
            ),
        );
        check(
            &several,
            Some("main"),
            Err("the files hold several MCPServers: a/main, b/main; choose one with --server"),
        );
    }

    #[test]
    fn an_unknown_name_lists_those_there() {
        check(
            &[("a", "main")],
            Some("mian"),
            Err("there is no MCPServer mian in the files; they hold a/main"),
        );
        check(
            &[],
            Some("main"),
            Err(
                "there is no MCPServer main in the files; they hold none, so leave --server out and everything is selected, or add one",
            ),
        );
    }
}
