//! Label selectors (Kubernetes API conventions: `matchLabels` and `matchExpressions`, all of which must hold).

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

/// Whether `labels` satisfy `selector`; an empty selector selects everything.
#[must_use]
pub fn matches(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    let exact = selector
        .match_labels
        .iter()
        .flatten()
        .all(|(key, value)| labels.get(key) == Some(value));
    exact
        && selector
            .match_expressions
            .iter()
            .flatten()
            .all(|expression| {
                let value = labels.get(&expression.key);
                let listed = |value: &String| {
                    expression
                        .values
                        .iter()
                        .flatten()
                        .any(|listed| listed == value)
                };
                match expression.operator.as_str() {
                    "In" => value.is_some_and(listed),
                    "NotIn" => !value.is_some_and(listed),
                    "Exists" => value.is_some(),
                    "DoesNotExist" => value.is_none(),
                    // The CRD's schema admits no other operator; selecting nothing is the safe reading.
                    _ => false,
                }
            })
}

#[cfg(test)]
mod tests;
