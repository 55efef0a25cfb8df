//! Reads the parts of a `v1/Service` object that a call needs. Other fields are not looked at: the files
//! may hold what the cluster needs of it, and judging that is the cluster's business.

use std::net::IpAddr;

use serde_json::Value;

use crate::registry::objects::Service;

/// The Service in `object`, called `name`; or which field is wrong, and how.
pub(super) fn service(name: &str, object: &Value) -> Result<Service, (String, String)> {
    let spec = &object["spec"];
    let address = spec["clusterIP"]
        .as_str()
        .and_then(|text| text.parse::<IpAddr>().ok());
    let none = Vec::new();
    let listed = match &spec["ports"] {
        Value::Null => &none,
        Value::Array(ports) => ports,
        _ => {
            return Err((
                "spec.ports".to_owned(),
                "must be a list; begin it with a dash".to_owned(),
            ));
        }
    };
    let mut ports = Vec::new();
    for (index, port) in listed.iter().enumerate() {
        let number = port["port"]
            .as_u64()
            .and_then(|number| u16::try_from(number).ok())
            .filter(|number| *number > 0);
        let Some(number) = number else {
            return Err((
                format!("spec.ports[{index}].port"),
                "must be a number from 1 to 65535".to_owned(),
            ));
        };
        ports.push((port["name"].as_str().unwrap_or_default().to_owned(), number));
    }
    Ok(Service {
        host: address.map_or_else(|| name.to_owned(), |address| address.to_string()),
        ports,
        external_name: spec["type"].as_str() == Some("ExternalName"),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Service, service};

    #[test]
    fn a_service_is_reached_by_its_address_or_else_its_name() {
        let read = |spec| service("backend", &json!({"spec": spec})).unwrap();
        assert_eq!(
            read(json!({"ports": [{"name": "http", "port": 80}, {"port": 81}]})),
            Service {
                host: "backend".to_owned(),
                ports: vec![("http".to_owned(), 80), (String::new(), 81)],
                external_name: false
            }
        );
        assert_eq!(read(json!({"clusterIP": "10.0.0.7"})).host, "10.0.0.7");
        assert_eq!(read(json!({"clusterIP": "None"})).host, "backend");
        assert!(read(json!({"type": "ExternalName", "externalName": "example.com"})).external_name);
    }

    #[test]
    fn a_wrong_port_is_named() {
        let refused = |ports| {
            service("backend", &json!({"spec": {"ports": ports}}))
                .unwrap_err()
                .0
        };
        assert_eq!(
            refused(json!([{"port": 1}, {"port": 70000}])),
            "spec.ports[1].port"
        );
        assert_eq!(refused(json!([{"name": "http"}])), "spec.ports[0].port");
        assert_eq!(refused(json!({"port": 80})), "spec.ports");
    }
}
