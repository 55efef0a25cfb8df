//! The CEL rules of a schema (`x-kubernetes-validations`), compiled once and run on one value each.
//! Runs what the CRDs of this project say and offers nothing else of the API server's CEL libraries;
//! a rule about the change of an object (`oldSelf`) never applies to a file.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use cel::{
    Context, Env, ExecutionError, Program,
    common::{
        ast::{CallExpr, Expr},
        types::{self, CelBool, CelString},
        value::{CowVal, Val},
    },
    context::VariableResolver,
    parser::Macro,
};
use regex::Regex;
use serde_json::Value;
use shared::crd::property_name_in_rules;

use super::{
    path,
    schema::{Schema, SchemaError, Type},
};

/// The functions and macros that rules may use.
pub(super) struct Rules {
    environment: Arc<Env>,
}

/// One rule of a schema.
pub(super) struct Rule {
    source: String,
    program: Program,
    message: Option<String>,
    computed: Option<Program>,
    field: String,
    environment: Arc<Env>,
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rule").field(&self.source).finish()
    }
}

impl Rules {
    /// Sets up the language.
    pub(super) fn new() -> Result<Self, SchemaError> {
        let environment = environment().map_err(|error| SchemaError::Rule {
            path: "the CEL environment".to_owned(),
            message: error.to_string(),
        })?;
        Ok(Self {
            environment: Arc::new(environment),
        })
    }

    /// Compiles the rules of one schema node.
    pub(super) fn compile(&self, source: &Value, at: &str) -> Result<Vec<Rule>, SchemaError> {
        let found = source
            .get("x-kubernetes-validations")
            .and_then(Value::as_array);
        let mut rules = Vec::new();
        for rule in found.map(Vec::as_slice).unwrap_or_default() {
            let text = |keyword: &str| rule.get(keyword).and_then(Value::as_str);
            let expression = text("rule").unwrap_or_default();
            if expression.contains("oldSelf") {
                continue;
            }
            rules.push(Rule {
                source: expression.to_owned(),
                program: self.program(expression, at)?,
                message: text("message").map(ToOwned::to_owned),
                computed: text("messageExpression")
                    .map(|expression| self.program(expression, at))
                    .transpose()?,
                field: text("fieldPath")
                    .unwrap_or_default()
                    .trim_start_matches('.')
                    .to_owned(),
                environment: Arc::clone(&self.environment),
            });
        }
        Ok(rules)
    }

    fn program(&self, expression: &str, at: &str) -> Result<Program, SchemaError> {
        self.environment
            .compile(expression)
            .map_err(|error| SchemaError::Rule {
                path: at.to_owned(),
                message: format!("{expression}: {error}"),
            })
    }
}

/// Judges the value `this`, which is at `at`, by the rules of its schema: where and what is wrong.
/// The value is put into the form that CEL works on once, however many rules there are.
pub(super) fn judge(rules: &[Rule], this: cel::Value, at: &str) -> Vec<(String, String)> {
    let Some(first) = rules.first() else {
        return Vec::new();
    };
    let Ok(this) = Box::<dyn Val>::try_from(this) else {
        return vec![(
            at.to_owned(),
            "has a form that no rule can judge".to_owned(),
        )];
    };
    let variable = SelfVariable(this);
    let mut context = Context::with_env(Arc::clone(&first.environment));
    context.set_variable_resolver(&variable);
    rules
        .iter()
        .filter_map(|rule| rule.judge(&context, at))
        .collect()
}

/// The one variable of a rule, lent to it rather than copied.
struct SelfVariable(Box<dyn Val>);

impl VariableResolver for SelfVariable {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        (variable == "self").then(|| CowVal::Borrowed(self.0.as_ref()))
    }
}

impl Rule {
    fn judge(&self, context: &Context<'_, '_>, at: &str) -> Option<(String, String)> {
        let message = match self.program.execute(context) {
            Ok(cel::Value::Bool(true)) => return None,
            Ok(cel::Value::Bool(false)) => self.message(context),
            Ok(other) => format!(
                "the rule `{}` gave {other:?} where true or false belongs",
                self.source
            ),
            Err(error) => format!("the rule `{}` could not be judged: {error}", self.source),
        };
        Some((path::join(at, &self.field), message))
    }

    fn message(&self, context: &Context<'_, '_>) -> String {
        let computed = self
            .computed
            .as_ref()
            .and_then(|program| match program.execute(context) {
                Ok(cel::Value::String(text)) if !text.trim().is_empty() => {
                    Some(text.trim().to_owned())
                }
                _ => None,
            });
        computed
            .or_else(|| self.message.clone())
            .unwrap_or_else(|| format!("must meet the rule {}", self.source))
    }
}

/// The value as a rule sees it: only what the schema names, nothing inside free-form JSON, and fields
/// under the names by which CEL can reach them.
pub(super) fn visible(schema: &Schema, value: &Value) -> cel::Value {
    match value {
        Value::Null => cel::Value::Null,
        Value::Bool(value) => cel::Value::Bool(*value),
        Value::String(text) => cel::Value::String(Arc::new(text.clone())),
        Value::Number(number) => match number.as_i64() {
            Some(whole) if schema.kind != Type::Number => cel::Value::Int(whole),
            _ => cel::Value::Float(number.as_f64().unwrap_or_default()),
        },
        Value::Array(items) => {
            let inner = schema.items.as_deref();
            let seen = items
                .iter()
                .filter_map(|item| inner.map(|inner| visible(inner, item)));
            cel::Value::List(Arc::new(seen.collect()))
        }
        Value::Object(fields) => {
            let mut seen: HashMap<String, cel::Value> = HashMap::new();
            for (name, value) in fields {
                if let Some(inner) = schema.properties.get(name) {
                    // A field of any type is not declared to the API server's CEL either.
                    if inner.kind != Type::Any {
                        seen.insert(reachable(name), visible(inner, value));
                    }
                } else if let Some(inner) = schema.additional.as_deref() {
                    seen.insert(name.clone(), visible(inner, value));
                }
            }
            cel::Value::Map(seen.into())
        }
    }
}

/// The name by which a rule reaches a field, as Kubernetes escapes it.
fn reachable(name: &str) -> String {
    let escaped = name
        .replace("__", "__underscores__")
        .replace('.', "__dot__")
        .replace('-', "__dash__")
        .replace('/', "__slash__");
    property_name_in_rules(&escaped)
}

fn environment() -> Result<Env, cel::DeclarationError> {
    let mut environment = Env::stdlib();
    environment.add_extension(cel::extensions::strings)?;
    environment.add_extension(cel::extensions::lists)?;
    // The crate compiles the pattern of `matches` at every call, which would be most of the work.
    environment.add_overload(
        "matchesOnce",
        "matches_once",
        vec![types::STRING_TYPE, types::STRING_TYPE],
        matches_once,
    )?;
    environment.add_macro(Macro::receiver(
        "matches",
        1,
        |helper, target, arguments| {
            let (Some(text), Some(pattern)) = (target.take(), arguments.pop()) else {
                return Ok(None);
            };
            let call = CallExpr {
                func_name: "matchesOnce".to_owned(),
                target: None,
                args: vec![text, pattern],
            };
            Ok(Some(helper.next_expr(Expr::Call(call))))
        },
    ))?;
    Ok(environment)
}

/// Patterns seen so far. They come from the CRDs of this program alone, so they are few.
static PATTERNS: LazyLock<RwLock<HashMap<String, Regex>>> = LazyLock::new(RwLock::default);

fn matches_once<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let [text, pattern] = arguments.as_slice() else {
        return Err(ExecutionError::MissingArgumentOrTarget);
    };
    let (Some(text), Some(pattern)) = (
        text.downcast_ref::<CelString>(),
        pattern.downcast_ref::<CelString>(),
    ) else {
        return Err(ExecutionError::function_error(
            "matches",
            "takes two strings",
        ));
    };
    let (text, pattern) = (text.inner(), pattern.inner());
    let known = PATTERNS
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(pattern)
        .map(|found| found.is_match(text));
    if let Some(known) = known {
        return Ok(CowVal::owned(CelBool::from(known)));
    }
    let compiled =
        Regex::new(pattern).map_err(|error| ExecutionError::function_error("matches", error))?;
    let matched = compiled.is_match(text);
    PATTERNS
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(pattern.to_owned(), compiled);
    Ok(CowVal::owned(CelBool::from(matched)))
}
