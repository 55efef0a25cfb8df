//! What the API server would make of one object: the twin of its defaulting, pruning, schema checks and
//! CEL rules, taken from the very CRDs that a cluster gets. Reads no file and knows no other object.

mod check;
mod metadata;
pub mod path;
mod prune;
mod rules;
mod schema;

use std::sync::{Arc, OnceLock};

use serde_json::Value;

pub use schema::SchemaError;

use self::{rules::Rules, schema::Schema};
use super::objects::Kind;

/// A cluster's store refuses larger objects.
const MAX_OBJECT: usize = 1_572_864;
/// What every object has, whatever its kind.
const COMMON: [&str; 3] = ["apiVersion", "kind", "metadata"];
/// Findings of one object; more would only hide the first ones.
const MAX_FINDINGS: usize = 50;

/// Longer names are near to none: comparing them would take long.
const LONGEST_NAME: usize = 64;

/// One thing that is wrong with an object, or that its writer may not have meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The field, such as `spec.parameters[0].in`; empty for the whole object.
    pub path: String,
    /// What is wrong, and how to mend it.
    pub message: String,
}

/// An object as the API server would have stored it, if there are no errors.
#[derive(Clone, Debug, PartialEq)]
pub struct Admitted {
    /// The object, pruned, with defaults, without status.
    pub object: Value,
    /// Why the API server would refuse it.
    pub errors: Vec<Finding>,
    /// What it would accept, with something lost.
    pub warnings: Vec<Finding>,
}

/// The schemas and rules of the four kinds. Clones share them.
#[derive(Clone, Debug)]
pub struct Admission {
    schemas: Arc<Schemas>,
}

#[derive(Debug)]
struct Schemas {
    server: Schema,
    tool: Schema,
    prompt: Schema,
    resource: Schema,
}

/// What was compiled first serves the whole process: the CRDs are part of the program.
static COMPILED: OnceLock<Arc<Schemas>> = OnceLock::new();

impl Admission {
    /// Compiles the four CRDs, once per process.
    ///
    /// # Errors
    /// When a CRD holds a pattern or rule that does not compile; no object can cause that.
    pub fn new() -> Result<Self, SchemaError> {
        let schemas = match COMPILED.get() {
            Some(schemas) => Arc::clone(schemas),
            None => {
                let schemas = Arc::new(Schemas::compile()?);
                Arc::clone(COMPILED.get_or_init(|| schemas))
            }
        };
        Ok(Self { schemas })
    }

    /// Judges one object.
    #[must_use]
    pub fn admit(&self, kind: Kind, object: Value) -> Admitted {
        let schema = match kind {
            Kind::Server => &self.schemas.server,
            Kind::Tool => &self.schemas.tool,
            Kind::Prompt => &self.schemas.prompt,
            Kind::Resource => &self.schemas.resource,
        };
        admit(schema, object)
    }
}

impl Schemas {
    fn compile() -> Result<Self, SchemaError> {
        let rules = Rules::new()?;
        let compile = |kind: Kind| {
            let source = shared::crd::object_schema(kind.as_str())
                .ok_or(SchemaError::Missing(kind.as_str()))?;
            Schema::compile(&source, "", &rules)
        };
        Ok(Self {
            server: compile(Kind::Server)?,
            tool: compile(Kind::Tool)?,
            prompt: compile(Kind::Prompt)?,
            resource: compile(Kind::Resource)?,
        })
    }
}

/// Judges one object by the schema of its kind.
fn admit(schema: &Schema, mut object: Value) -> Admitted {
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    let size = serde_json::to_vec(&object)
        .map(|text| text.len())
        .unwrap_or_default();
    if size > MAX_OBJECT {
        let message = format!(
            "the object is {size} bytes large; a cluster stores at most {MAX_OBJECT}, make it smaller"
        );
        errors.push(Finding {
            path: String::new(),
            message,
        });
        return Admitted {
            object,
            errors,
            warnings,
        };
    }
    prune::store_numbers(&mut object);
    metadata::check(&mut object, &mut errors, &mut warnings);
    // What every object has is judged above, and is no part of the schema. Status has a subresource of
    // its own: what a file says of it is never taken over.
    let common: Vec<_> = COMMON
        .iter()
        .filter_map(|field| Some((*field, take(&mut object, field)?)))
        .collect();
    take(&mut object, "status");
    prune::prune(schema, &mut object, "", &mut warnings);
    take(&mut object, "status");
    check::check(schema, &object, "", &mut errors);
    if let Some(fields) = object.as_object_mut() {
        fields.extend(
            common
                .into_iter()
                .map(|(field, value)| (field.to_owned(), value)),
        );
    }
    if errors.is_empty() {
        judge_rules(schema, &object, "", &mut errors);
    }
    errors.truncate(MAX_FINDINGS);
    warnings.truncate(MAX_FINDINGS);
    Admitted {
        object,
        errors,
        warnings,
    }
}

fn take(object: &mut Value, field: &str) -> Option<Value> {
    object.as_object_mut()?.remove(field)
}

/// Runs the rules of every level, on values that the schema has already found to be of its form and size.
fn judge_rules(schema: &Schema, value: &Value, at: &str, errors: &mut Vec<Finding>) {
    if !schema.rules.is_empty() {
        let broken = rules::judge(&schema.rules, rules::visible(schema, value), at);
        errors.extend(
            broken
                .into_iter()
                .map(|(path, message)| Finding { path, message }),
        );
    }
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if let Some(inner) = schema.properties.get(name).or(schema.additional.as_deref()) {
                    judge_rules(inner, value, &path::child(at, name), errors);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                if let Some(inner) = schema.items.as_deref() {
                    judge_rules(inner, item, &path::item(at, index), errors);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The known name that `name` was most likely meant to be.
pub(super) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    if name.len() > LONGEST_NAME {
        return None;
    }
    let wanted = name.to_lowercase();
    let allowed = (name.chars().count() / 3).clamp(1, 4);
    known
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&wanted, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests;
