//! The functions of filters that are Rust code: which there are, which name each has, and those that only meter.
//! A function of the jq crates that is not named here cannot be reached: not `env`, `input`, `range`, `limit`, `halt`.

use jaq_core::box_iter::box_once;
use jaq_core::data::HasLut;
use jaq_core::native::{Fun, v};
use jaq_core::{Bind, Cv, DataT, Error, Exn, Lut, Native, RunPtr, ValX, ValXs};
use jaq_json::Val;

use super::meter::{Meter, halt};
use super::{json, text, values};

/// The data of a run, to the jq crates.
pub(super) enum Kind {}

impl DataT for Kind {
    type V<'a> = Val;
    type Data<'a> = Run<'a>;
}

/// What every function of a run reaches.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub(super) lut: &'a Lut<Kind>,
    pub(super) meter: &'a Meter<'a>,
}

impl<'a> HasLut<'a, Kind> for Run<'a> {
    fn lut(&self) -> &'a Lut<Kind> {
        self.lut
    }
}

/// A function by the name it has in filters, and the one it has in the jq crates.
const BORROWED: [(&str, &str, usize); 30] = [
    ("first", "first", 1),
    ("last", "last", 1),
    ("path", "path", 1),
    ("__path_value", "path_value", 1),
    ("keys_unsorted", "keys_unsorted", 0),
    ("__key_values", "key_values", 0),
    ("__error", "error_empty", 0),
    ("floor", "floor", 0),
    ("round", "round", 0),
    ("ceil", "ceil", 0),
    ("utf8bytelength", "utf8bytelength", 0),
    ("__explode", "explode", 0),
    ("implode", "implode", 0),
    ("ascii_downcase", "ascii_downcase", 0),
    ("ascii_upcase", "ascii_upcase", 0),
    ("reverse", "reverse", 0),
    ("sort", "sort", 0),
    ("__sort_by", "sort_by", 1),
    ("__group_by", "group_by", 1),
    ("__min_by", "min_by_or_empty", 1),
    ("__max_by", "max_by_or_empty", 1),
    ("startswith", "startswith", 1),
    ("endswith", "endswith", 1),
    ("ltrimstr", "ltrimstr", 1),
    ("rtrimstr", "rtrimstr", 1),
    ("trim", "trim", 0),
    ("ltrim", "ltrim", 0),
    ("rtrim", "rtrim", 0),
    ("length", "length", 0),
    ("tojson", "tojson", 0),
];

/// Functions of this crate, by name and number of arguments.
const OWN: [(&str, usize, RunPtr<Kind>); 16] = [
    ("__has", 1, values::has),
    ("__key", 0, values::key),
    ("__factor", 0, values::factor),
    ("__divide", 2, values::divide),
    ("__contains", 1, values::contains),
    ("__spread", 0, values::spread),
    ("__join", 1, values::join),
    ("type", 0, values::type_name),
    ("fromjson", 0, json::from_json),
    ("__replace", 2, text::replace),
    ("__encode_uri", 0, text::encode_uri),
    ("__encode_base64", 0, text::encode_base64),
    ("__decode_base64", 0, text::decode_base64),
    ("__test", 2, text::test),
    ("__pieces", 2, text::pieces),
    ("__sum", FILTER, values::sum),
];

/// In `OWN`: one argument, which is a filter.
const FILTER: usize = usize::MAX;

/// Every function, for the compiler.
pub(super) fn all() -> impl Iterator<Item = Fun<Kind>> {
    let borrowed = jaq_core::funs::<Kind>()
        .chain(jaq_std::base_funs())
        .chain(jaq_json::funs())
        .filter_map(|(theirs, arguments, function)| {
            let (ours, ..) = BORROWED
                .iter()
                .find(|(_, name, arity)| *name == theirs && *arity == arguments.len())?;
            Some((*ours, arguments, function))
        });
    let own = OWN.into_iter().map(|(name, arity, run)| {
        let arguments = match arity {
            FILTER => [Bind::Fun(())].into(),
            arity => v(arity),
        };
        (name, arguments, Native::<Kind>::new(run))
    });
    borrowed.chain(own).chain(meters())
}

/// Names and numbers of arguments that a filter may call; the prelude adds its own.
pub(super) fn public() -> impl Iterator<Item = (&'static str, usize)> {
    let borrowed = BORROWED.iter().map(|(name, _, arity)| (*name, *arity));
    let own = OWN.iter().map(|(name, arity, _)| (*name, *arity));
    borrowed
        .chain(own)
        .filter(|(name, _)| !name.starts_with("__"))
}

/// Whether the function is one of the four that only pay.
pub(super) fn is_meter(name: &str) -> bool {
    matches!(name, "__tick" | "__made" | "__copied" | "__enter")
}

/// Whether what it returns was made by Rust code and not yet paid for.
pub(super) fn yields_new_values(name: &str, arity: usize) -> bool {
    let hands_on = matches!(name, "first" | "last" | "__key" | "__factor" | "__spread");
    let borrowed = BORROWED
        .iter()
        .any(|(ours, _, count)| *ours == name && *count == arity);
    let own = OWN.iter().any(|(ours, ..)| *ours == name);
    (borrowed || own) && !hands_on
}

/// A function that hands on its input, in values, paths and updates alike, once `Meter::$check` agrees.
macro_rules! meter {
    ($name:literal, $check:ident) => {
        (
            $name,
            v(0),
            Native::<Kind>::new(|cv| {
                let paid = cv.0.data().meter.$check(&cv.1);
                box_once(paid.map(|()| cv.1).map_err(halt))
            })
            .with_paths(|cv| {
                let paid = cv.0.data().meter.$check(&cv.1.0);
                box_once(paid.map(|()| cv.1).map_err(halt))
            })
            .with_update(|cv, update| match cv.0.data().meter.$check(&cv.1) {
                Ok(()) => update(cv.1),
                Err(stop) => box_once(Err(halt(stop))),
            }),
        )
    };
}

fn meters() -> [Fun<Kind>; 4] {
    [
        meter!("__tick", tick),
        meter!("__made", made),
        meter!("__copied", copied),
        meter!("__enter", entered),
    ]
}

/// The one result of a function, or its error.
pub(super) fn one<'a>(result: ValX<'a, Val>) -> ValXs<'a, Val> {
    box_once(result)
}

/// The error that a filter raises, and may catch.
pub(super) fn raised<'a>(message: impl ToString) -> Exn<'a, Val> {
    Exn::from(Error::str(message))
}

/// Shorthand for the context and input of a function.
pub(super) type Input<'a> = Cv<'a, Kind>;
