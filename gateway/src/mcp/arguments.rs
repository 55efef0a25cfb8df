//! A call's arguments: parsed once, within bounds, no key twice.
//! Duplicate keys are refused because a validator would see the last one and a backend perhaps the first.

use std::{borrow::Cow, cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, value::RawValue};

use super::message;

/// Levels of nesting that arguments may have.
pub const MAX_DEPTH: usize = 64;
/// Values (members, elements, scalars) that arguments may hold.
pub const MAX_VALUES: usize = 100_000;

/// Arguments in both forms: the text as it came, to be spliced, and the values, to be checked.
#[derive(Debug)]
pub struct Arguments<'a> {
    /// The object as it stood in the request.
    pub text: &'a str,
    /// The same as values; always an object.
    pub value: Value,
}

impl<'a> Arguments<'a> {
    /// Reads `params.arguments`; absent ones are `{}`.
    ///
    /// # Errors
    /// A sentence that says what is wrong and where.
    pub fn parse(raw: Option<&'a RawValue>) -> Result<Self, String> {
        let text = raw.map_or("{}", RawValue::get);
        if !text.starts_with('{') {
            return Err("\"arguments\" must be an object".to_owned());
        }
        let budget = Cell::new(MAX_VALUES);
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let value = Bounded {
            depth: MAX_DEPTH,
            budget: &budget,
        }
        .deserialize(&mut deserializer)
        .map_err(|error| format!("\"arguments\" cannot be used: {error}"))?;
        Ok(Self { text, value })
    }

    /// The members of the object; parsed already, so always an object.
    #[must_use]
    pub fn members(&self) -> Option<&Map<String, Value>> {
        self.value.as_object()
    }

    /// The members with each value's text as it came, for splicing (a number keeps its spelling).
    #[must_use]
    pub fn raw_members(&self) -> Vec<(Cow<'a, str>, &'a str)> {
        raw_members(self.text)
    }
}

/// The members of a JSON object, each value as it is spelled; none where it is no object.
#[must_use]
pub fn raw_members(json: &str) -> Vec<(Cow<'_, str>, &str)> {
    serde_json::from_str::<RawMembers<'_>>(json).map_or_else(|_| Vec::new(), |members| members.0)
}

/// An object's members, in order, each value as its text; later ones of one name are still there.
#[derive(Debug)]
pub struct RawMembers<'a>(pub Vec<(Cow<'a, str>, &'a str)>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for RawMembers<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Vec<(Cow<'de, str>, &'de str)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<&'de RawValue, &'de RawValue>()? {
                    let key = message::string(key)
                        .ok_or_else(|| A::Error::custom("a key is not a string"))?;
                    members.push((key, value.get()));
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Members).map(RawMembers)
    }
}

/// Builds a [`Value`] within bounds.
#[derive(Clone, Copy)]
struct Bounded<'c> {
    depth: usize,
    budget: &'c Cell<usize>,
}

impl Bounded<'_> {
    fn deeper<E: serde::de::Error>(&self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self {
                depth,
                budget: self.budget,
            }),
            None => Err(E::custom(format_args!(
                "nested deeper than {MAX_DEPTH} levels"
            ))),
        }
    }

    fn spend<E: serde::de::Error>(&self) -> Result<(), E> {
        match self.budget.get().checked_sub(1) {
            Some(left) => {
                self.budget.set(left);
                Ok(())
            }
            None => Err(E::custom(format_args!("more than {MAX_VALUES} values"))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Value, E> {
        self.spend()?;
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        self.spend()?;
        Ok(value.into())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        self.spend()?;
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        self.spend()?;
        Ok(value.into())
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        self.spend()?;
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: serde::de::Error>(self, value: String) -> Result<Value, E> {
        self.spend()?;
        Ok(Value::String(value))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        self.spend()?;
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        self.spend()?;
        let item = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(item)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        self.spend()?;
        let member = self.deeper()?;
        let mut members = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if members.contains_key(&key) {
                return Err(A::Error::custom(format_args!(
                    "the key \"{key}\" is there twice"
                )));
            }
            let value = map.next_value_seed(member)?;
            members.insert(key, value);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests;
