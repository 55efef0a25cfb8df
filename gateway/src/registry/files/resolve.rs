//! Reads `--resolve SERVICE[:PORT]=HOST:PORT`. Whether the Service or the host exists is not asked here.

use std::{net::Ipv6Addr, str::FromStr};

use thiserror::Error;

use crate::registry::objects::Override;

/// Why a text is not of the form `SERVICE[:PORT]=HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OverrideError {
    /// There is no `=`.
    #[error("write SERVICE[:PORT]=HOST:PORT, such as backend=127.0.0.1:8080")]
    Form,
    /// What stands before the `=` is no name of a Service.
    #[error(
        "`{0}` is no name of a Service; write its name alone, such as backend=127.0.0.1:8080 or backend:http=127.0.0.1:8080"
    )]
    Service(String),
    /// The Service's port is neither a number nor a name.
    #[error("`{0}` is no port of a Service; write its number or its name")]
    ServicePort(String),
    /// An IPv6 address is written without brackets.
    #[error("`{0}` is an IPv6 address; write it in brackets, such as [::1]:8080")]
    Brackets(String),
    /// There is no host.
    #[error("`{0}` has no host; write HOST:PORT, such as 127.0.0.1:8080")]
    Host(String),
    /// The port to connect to is missing or no number.
    #[error("`{0}` has no port from 1 to 65535; write HOST:PORT, such as 127.0.0.1:8080")]
    Port(String),
}

impl FromStr for Override {
    type Err = OverrideError;

    fn from_str(text: &str) -> Result<Self, OverrideError> {
        let (service, target) = text.split_once('=').ok_or(OverrideError::Form)?;
        let (service, port) = match service.split_once(':') {
            Some((service, port)) => (service, Some(port)),
            None => (service, None),
        };
        if !is_label(service) {
            return Err(OverrideError::Service(service.to_owned()));
        }
        if let Some(port) = port.filter(|port| !is_label(port) || port.parse() == Ok(0_u64)) {
            return Err(OverrideError::ServicePort(port.to_owned()));
        }
        let (host, target_port) = target_of(target)?;
        Ok(Self {
            service: service.to_owned(),
            port: port.map(ToOwned::to_owned),
            host,
            target_port,
        })
    }
}

fn target_of(target: &str) -> Result<(String, u16), OverrideError> {
    let no_port = || OverrideError::Port(target.to_owned());
    if target.parse::<Ipv6Addr>().is_ok() {
        return Err(OverrideError::Brackets(target.to_owned()));
    }
    let (host, port) = target.rsplit_once(':').ok_or_else(no_port)?;
    let port: u16 = port.parse().map_err(|_| no_port())?;
    if port == 0 {
        return Err(no_port());
    }
    let bracketed = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let host = match bracketed {
        Some(address) if address.parse::<Ipv6Addr>().is_ok() => address,
        Some(_) => return Err(OverrideError::Host(target.to_owned())),
        None if host.parse::<Ipv6Addr>().is_ok() => {
            return Err(OverrideError::Brackets(host.to_owned()));
        }
        None => host,
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if host.is_empty() || (bracketed.is_none() && !host.chars().all(plain)) {
        return Err(OverrideError::Host(target.to_owned()));
    }
    Ok((host.to_owned(), port))
}

fn is_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    (1..=63).contains(&bytes.len())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
        && bytes.first() != Some(&b'-')
        && bytes.last() != Some(&b'-')
}

#[cfg(test)]
mod tests {
    use super::{Override, OverrideError};

    fn check(text: &str, service: &str, port: Option<&str>, host: &str, target_port: u16) {
        let expected = Override {
            service: service.to_owned(),
            port: port.map(ToOwned::to_owned),
            host: host.to_owned(),
            target_port,
        };
        assert_eq!(text.parse(), Ok(expected), "{text}");
    }

    fn check_refused(text: &str, expected: impl Fn(String) -> OverrideError, part: &str) {
        assert_eq!(
            text.parse::<Override>(),
            Err(expected(part.to_owned())),
            "{text}"
        );
    }

    #[test]
    fn services_lead_to_hosts_and_addresses() {
        check("backend=127.0.0.1:8080", "backend", None, "127.0.0.1", 8080);
        check(
            "backend:http=localhost:1",
            "backend",
            Some("http"),
            "localhost",
            1,
        );
        check(
            "backend:80=api.example.com:65535",
            "backend",
            Some("80"),
            "api.example.com",
            65535,
        );
        check("backend=[::1]:8080", "backend", None, "::1", 8080);
    }

    #[test]
    fn what_is_wrong_is_named() {
        check_refused("backend", |_| OverrideError::Form, "");
        check_refused("=127.0.0.1:80", OverrideError::Service, "");
        check_refused("a.b=127.0.0.1:80", OverrideError::Service, "a.b");
        check_refused("a:=127.0.0.1:80", OverrideError::ServicePort, "");
        check_refused("a:0=127.0.0.1:80", OverrideError::ServicePort, "0");
        check_refused("a=::1", OverrideError::Brackets, "::1");
        check_refused("a=fe80::1:8080", OverrideError::Brackets, "fe80::1:8080");
        check_refused("a=[::1]", OverrideError::Port, "[::1]");
        check_refused("a=localhost", OverrideError::Port, "localhost");
        check_refused("a=localhost:", OverrideError::Port, "localhost:");
        check_refused("a=localhost:0", OverrideError::Port, "localhost:0");
        check_refused("a=localhost:65536", OverrideError::Port, "localhost:65536");
        check_refused("a=localhost:http", OverrideError::Port, "localhost:http");
        check_refused("a=:80", OverrideError::Host, ":80");
        check_refused("a=[x]:80", OverrideError::Host, "[x]:80");
        check_refused("a=http://x:80", OverrideError::Host, "http://x:80");
    }
}
