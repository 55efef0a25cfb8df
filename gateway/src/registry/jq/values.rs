//! Functions of filters on values of any kind, where those of the jq crates cost more than their operands' size
//! or multiply it.

use jaq_core::{Error, ValX, ValXs};
use jaq_json::Val;
use memchr::memmem;

use super::meter::{Meter, Stop, halt};
use super::natives::{Input, one, raised};

/// What one more piece of a split text takes.
const PIECE: u64 = 112;

/// `type`: the name of the kind of value.
pub(super) fn type_name(cv: Input<'_>) -> ValXs<'_, Val> {
    one(Ok(Val::utf8_str(kind(&cv.1))))
}

fn kind(value: &Val) -> &'static str {
    match value {
        Val::Null => "null",
        Val::Bool(_) => "boolean",
        Val::Num(_) => "number",
        Val::BStr(_) | Val::TStr(_) => "string",
        Val::Arr(_) => "array",
        Val::Obj(_) => "object",
    }
}

/// `has($key)`, whose key is checked by `__key` before.
pub(super) fn has(mut cv: Input<'_>) -> ValXs<'_, Val> {
    let key = cv.0.pop_var();
    let found = match (&cv.1, &key) {
        (Val::Obj(members), key) => Some(members.contains_key(key)),
        (Val::Arr(items), Val::Num(number)) => number
            .as_isize()
            .map(|index| usize::try_from(index).is_ok_and(|index| index < items.len())),
        _ => None,
    };
    one(found.map(Val::from).ok_or_else(|| {
        let (of, key) = (kind(&cv.1), kind(&key));
        raised(format_args!("cannot ask whether an {of} has a {key}"))
    }))
}

/// Hands on a value that is to be a key. A list as key would be searched for at each place of the other list.
pub(super) fn key(cv: Input<'_>) -> ValXs<'_, Val> {
    one(match cv.1 {
        Val::Arr(_) => Err(raised(
            "an array cannot be a key; give a number, a string or a slice",
        )),
        key => Ok(key),
    })
}

/// Hands on an operand of `*`, unless it is a string: the product would be as long as a number says.
pub(super) fn factor(cv: Input<'_>) -> ValXs<'_, Val> {
    one(match cv.1 {
        Val::BStr(_) | Val::TStr(_) => Err(raised("a string cannot be repeated with * here")),
        operand => Ok(operand),
    })
}

/// `/` on numbers and on strings, whose pieces are paid for before they are made.
pub(super) fn divide(mut cv: Input<'_>) -> ValXs<'_, Val> {
    let (by, what) = (cv.0.pop_var(), cv.0.pop_var());
    // The arguments come in order, the last one on top.
    if let (Val::TStr(text), Val::TStr(separator)) = (&what, &by) {
        let pieces = match separator.len() {
            0 => text.len(),
            _ => 1 + memmem::find_iter(text, separator.as_ref()).count(),
        };
        if let Err(stop) = cv.0.data().meter.spend(PIECE * pieces as u64) {
            return one(Err(halt(stop)));
        }
    }
    one((what / by).map_err(Into::into))
}

/// Pays for the list of a text's characters, which `explode` then makes.
pub(super) fn spread(cv: Input<'_>) -> ValXs<'_, Val> {
    let length = match &cv.1 {
        Val::BStr(bytes) | Val::TStr(bytes) => bytes.len() as u64,
        _ => 0,
    };
    one(cv
        .0
        .data()
        .meter
        .spend(16 * length)
        .map(|()| cv.1)
        .map_err(halt))
}

/// `contains($part)`, each comparison paid for.
pub(super) fn contains(mut cv: Input<'_>) -> ValXs<'_, Val> {
    let part = cv.0.pop_var();
    let found = within(cv.0.data().meter, &cv.1, &part);
    one(found.map(Val::from).map_err(halt))
}

fn within(meter: &Meter<'_>, whole: &Val, part: &Val) -> Result<bool, Stop> {
    meter.tick(whole)?;
    Ok(match (whole, part) {
        (Val::TStr(whole), Val::TStr(part)) => memmem::find(whole, part.as_ref()).is_some(),
        (Val::Arr(whole), Val::Arr(parts)) => {
            for part in parts.iter() {
                if !any_contains(meter, whole, part)? {
                    return Ok(false);
                }
            }
            true
        }
        (Val::Obj(whole), Val::Obj(parts)) => {
            for (key, part) in parts.iter() {
                match whole.get(key) {
                    Some(member) if within(meter, member, part)? => {}
                    _ => return Ok(false),
                }
            }
            true
        }
        (whole, part) => whole == part,
    })
}

fn any_contains(meter: &Meter<'_>, items: &[Val], part: &Val) -> Result<bool, Stop> {
    for item in items {
        if within(meter, item, part)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `add(f)`: the sum of all results, in time that grows with what is added and not with what is there already.
pub(super) fn sum(mut cv: Input<'_>) -> ValXs<'_, Val> {
    let (filter, context) = cv.0.pop_fun();
    let meter = context.data().meter;
    let terms = filter.run((context, cv.1));
    one(sum_of(meter, terms))
}

fn sum_of<'a>(meter: &Meter<'_>, terms: ValXs<'a, Val>) -> ValX<'a, Val> {
    let mut sum = Val::Null;
    let mut text: Option<Vec<u8>> = None;
    for term in terms {
        let term = term?;
        meter.entered(&term).map_err(halt)?;
        sum = match (&mut text, sum, term) {
            (Some(text), sum, Val::TStr(more)) => {
                text.extend_from_slice(&more);
                sum
            }
            (text @ None, Val::TStr(start), Val::TStr(more)) => {
                *text = Some([start.as_ref().as_ref(), more.as_ref().as_ref()].concat());
                Val::Null
            }
            (_, sum, Val::Null) => sum,
            (text, sum, term) => match text.take() {
                Some(text) => (Val::utf8_str(text) + term)?,
                None => (sum + term)?,
            },
        };
    }
    Ok(text.map_or(sum, Val::utf8_str))
}

/// `join($separator)`, where null is empty and numbers and booleans are their text.
pub(super) fn join(mut cv: Input<'_>) -> ValXs<'_, Val> {
    let separator = cv.0.pop_var();
    one(joined(cv.0.data().meter, &cv.1, &separator))
}

fn joined<'a>(meter: &Meter<'_>, items: &Val, separator: &Val) -> ValX<'a, Val> {
    let (Val::Arr(items), Val::TStr(separator)) = (items, separator) else {
        return Err(raised("join takes an array and a string to put between"));
    };
    let mut text = Vec::new();
    for (index, item) in items.iter().enumerate() {
        meter.entered(item).map_err(halt)?;
        meter.spend(separator.len() as u64).map_err(halt)?;
        if index > 0 {
            text.extend_from_slice(separator);
        }
        match item {
            Val::Null => {}
            Val::TStr(bytes) => text.extend_from_slice(bytes),
            Val::Bool(_) | Val::Num(_) => text.extend_from_slice(item.to_string().as_bytes()),
            _ => return Err(Error::typ(item.clone(), "string").into()),
        }
    }
    Ok(Val::utf8_str(text))
}
