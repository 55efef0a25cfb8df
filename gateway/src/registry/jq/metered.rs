//! Rewrites a parsed filter so that it pays for what it does: the result means the same and cannot run on unpaid.
//!
//! Four functions are put in, all of which hand on what they get (also in paths and updates): `__tick` where
//! results come one after another, `__made` where a value is put together, `__copied` where one is copied or was
//! made by Rust code, `__enter` before an iteration. `*` and `/` get functions that refuse to repeat strings and
//! count pieces beforehand, and `.[key]` one that refuses a list as key, which would be searched for.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::ops::Math;
use jaq_core::path::{Opt, Part, Path};

use super::natives;

/// Variables of the rewriting; no filter can name them.
const WHOLE: &str = "$!whole";
const OPERAND: &str = "$!operand";

type Parts<'s> = Vec<(Part<Term<&'s str>>, Opt)>;

/// Rewrites a definition of the prelude.
pub(super) fn metered_definition(definition: Def<&str>) -> Def<&str> {
    Def {
        body: metered(definition.body),
        ..definition
    }
}

/// Rewrites a filter.
pub(super) fn metered(term: Term<&str>) -> Term<&str> {
    match term {
        Term::Id | Term::Num(_) | Term::Var(_) | Term::Break(_) => term,
        Term::Recurse => pipe(call("__copied"), pipe(Term::Recurse, call("__tick"))),
        Term::Str(format, parts) => string(format, parts),
        Term::Arr(items) => made(Term::Arr(items.map(boxed))),
        Term::Obj(members) => made(Term::Obj(members.into_iter().map(member).collect())),
        Term::Neg(operand) => Term::Neg(boxed(operand)),
        Term::BinOp(left, operator, right) => binary(*left, operator, *right),
        Term::Label(name, body) => Term::Label(name, boxed(body)),
        Term::Fold(kind, source, pattern, rounds) => Term::Fold(
            kind,
            boxed(source),
            in_pattern(pattern),
            rounds.into_iter().map(metered).collect(),
        ),
        // What is caught may hold a copy of a value, printed.
        Term::TryCatch(body, handler) => Term::TryCatch(
            boxed(body),
            handler.map(|handler| Box::new(pipe(call("__made"), metered(*handler)))),
        ),
        Term::IfThenElse(branches, otherwise) => Term::IfThenElse(
            branches
                .into_iter()
                .map(|(condition, then)| (metered(condition), metered(then)))
                .collect(),
            otherwise.map(boxed),
        ),
        Term::Def(definitions, body) => Term::Def(
            definitions.into_iter().map(metered_definition).collect(),
            boxed(body),
        ),
        Term::Call(name, arguments) => call_of(name, arguments),
        Term::Path(start, path) => path_from(*start, path.0),
    }
}

/// A call may be a round of a recursion, so it pays before; what Rust code made is weighed after.
fn call_of<'s>(name: &'s str, arguments: Vec<Term<&'s str>>) -> Term<&'s str> {
    let weighed = natives::yields_new_values(name, arguments.len());
    let called = Term::Call(name, arguments.into_iter().map(metered).collect());
    if natives::is_meter(name) {
        called
    } else if weighed {
        pipe(call("__tick"), pipe(called, call("__copied")))
    } else {
        pipe(call("__tick"), called)
    }
}

fn binary<'s>(
    left: Term<&'s str>,
    operator: BinaryOp<&'s str>,
    right: Term<&'s str>,
) -> Term<&'s str> {
    use BinaryOp::{Alt, And, Assign, Cmp, Comma, Or, Pipe, Update, UpdateAlt, UpdateMath};
    match operator {
        Pipe(pattern) => joined(metered(left), Pipe(pattern.map(in_pattern)), metered(right)),
        Comma => pipe(comma(left, right), call("__tick")),
        Alt | Or | And | Cmp(_) => joined(metered(left), operator, metered(right)),
        BinaryOp::Math(math) => calculation(metered(left), math, metered(right)),
        Assign | UpdateAlt => copied(joined(metered(left), operator, metered(right))),
        Update => copied(joined(metered(left), Update, made(metered(right)))),
        // `path += f` is `f as $operand | path |= . + $operand`.
        UpdateMath(math) => {
            let sum = calculation(Term::Id, math, Term::Var(OPERAND));
            let update = copied(joined(metered(left), Update, sum));
            bind(metered(right), OPERAND, update)
        }
    }
}

/// A chain of commas pays once for each of its results, not once for each comma.
fn comma<'s>(left: Term<&'s str>, right: Term<&'s str>) -> Term<&'s str> {
    let left = match left {
        Term::BinOp(first, BinaryOp::Comma, second) => comma(*first, *second),
        other => metered(other),
    };
    joined(left, BinaryOp::Comma, metered(right))
}

/// Both operands are metered already.
fn calculation<'s>(left: Term<&'s str>, math: Math, right: Term<&'s str>) -> Term<&'s str> {
    let operator = BinaryOp::Math(math);
    match math {
        Math::Add | Math::Sub | Math::Rem => made(joined(left, operator, right)),
        Math::Mul => {
            let (left, right) = (pipe(left, call("__factor")), pipe(right, call("__factor")));
            copied(joined(left, operator, right))
        }
        Math::Div => copied(Term::Call("__divide", vec![left, right])),
    }
}

/// A string with `\(…)` in it becomes the sum of its parts, or each could be large and none be weighed.
fn string<'s>(
    format: Option<&'s str>,
    parts: Vec<StrPart<&'s str, Term<&'s str>>>,
) -> Term<&'s str> {
    if !parts.iter().any(|part| matches!(part, StrPart::Term(_))) {
        return Term::Str(format, parts);
    }
    let mut pieces = parts.into_iter().rev().map(|part| match (part, format) {
        (StrPart::Term(term), None) => made(Term::Str(None, vec![StrPart::Term(metered(term))])),
        (StrPart::Term(term), Some(format)) => pipe(metered(term), call_of(format, Vec::new())),
        (literal, _) => Term::Str(None, vec![literal]),
    });
    let last = pieces.next().unwrap_or_default();
    pieces.fold(last, |after, piece| calculation(piece, Math::Add, after))
}

/// `{a}` and `{"a\(…)"}` are written out as `{a: .a}`; `{$a}` stays, as the compiler wants it.
fn member<'s>(
    (key, value): (Term<&'s str>, Option<Term<&'s str>>),
) -> (Term<&'s str>, Option<Term<&'s str>>) {
    match (key, value) {
        (key @ Term::Var(_), None) => (key, None),
        (key, Some(value)) => (metered(key), Some(metered(value))),
        (key, None) => {
            let path = vec![(Part::Index(key.clone()), Opt::Essential)];
            (metered(key), Some(path_from(Term::Id, path)))
        }
    }
}

/// Cuts a path at each `[]` and each slice, to pay there; keys go on reading the value that the whole path was given.
fn path_from<'s>(start: Term<&'s str>, parts: Parts<'s>) -> Term<&'s str> {
    let has_steps = parts
        .iter()
        .any(|(part, _)| matches!(part, Part::Range(..)));
    let has_keys = parts.iter().any(|(part, _)| part_reads_input(part));
    let mut path = metered(start);
    let mut straight = Vec::new();
    for (part, optional) in parts {
        let part = part_metered(part, has_steps);
        match part {
            Part::Index(_) => straight.push((part, optional)),
            Part::Range(None, None) => {
                path = pipe(extend(path, &mut straight), call("__enter"));
                path = pipe(pipe(path, one_part(part, optional)), call("__tick"));
            }
            Part::Range(..) => {
                path = made(pipe(extend(path, &mut straight), one_part(part, optional)));
            }
        }
    }
    path = extend(path, &mut straight);
    match (has_keys, has_steps) {
        (true, true) => bind(Term::Id, WHOLE, pipe(call("__tick"), path)),
        (true, false) => pipe(call("__tick"), path),
        (false, _) => path,
    }
}

fn part_reads_input(part: &Part<Term<&str>>) -> bool {
    match part {
        Part::Index(key) => !is_literal(key),
        Part::Range(from, to) => [from, to].into_iter().flatten().any(|key| !is_literal(key)),
    }
}

fn is_literal(key: &Term<&str>) -> bool {
    match key {
        Term::Num(_) => true,
        Term::Str(_, parts) => !parts.iter().any(|part| matches!(part, StrPart::Term(_))),
        _ => false,
    }
}

fn part_metered<'s>(part: Part<Term<&'s str>>, of_whole: bool) -> Part<Term<&'s str>> {
    let key = |key: Term<&'s str>| {
        if is_literal(&key) {
            return key;
        }
        let key = pipe(metered(key), call("__key"));
        if of_whole {
            pipe(Term::Var(WHOLE), key)
        } else {
            key
        }
    };
    match part {
        Part::Index(index) => Part::Index(key(index)),
        Part::Range(from, to) => Part::Range(from.map(key), to.map(key)),
    }
}

fn extend<'s>(path: Term<&'s str>, straight: &mut Parts<'s>) -> Term<&'s str> {
    if straight.is_empty() {
        return path;
    }
    Term::Path(Box::new(path), Path(std::mem::take(straight)))
}

fn one_part(part: Part<Term<&str>>, optional: Opt) -> Term<&str> {
    Term::Path(Box::new(Term::Id), Path(vec![(part, optional)]))
}

fn in_pattern(pattern: Pattern<&str>) -> Pattern<&str> {
    match pattern {
        Pattern::Var(name) => Pattern::Var(name),
        Pattern::Arr(items) => Pattern::Arr(items.into_iter().map(in_pattern).collect()),
        Pattern::Obj(members) => Pattern::Obj(
            members
                .into_iter()
                .map(|(key, inner)| (pipe(metered(key), call("__key")), in_pattern(inner)))
                .collect(),
        ),
    }
}

#[expect(
    clippy::boxed_local,
    reason = "it is the box of a term, taken apart and put back"
)]
fn boxed(term: Box<Term<&str>>) -> Box<Term<&str>> {
    Box::new(metered(*term))
}

fn call(name: &str) -> Term<&str> {
    Term::Call(name, Vec::new())
}

fn made(term: Term<&str>) -> Term<&str> {
    pipe(term, call("__made"))
}

fn copied(term: Term<&str>) -> Term<&str> {
    pipe(term, call("__copied"))
}

fn pipe<'s>(left: Term<&'s str>, right: Term<&'s str>) -> Term<&'s str> {
    joined(left, BinaryOp::Pipe(None), right)
}

fn bind<'s>(value: Term<&'s str>, name: &'s str, body: Term<&'s str>) -> Term<&'s str> {
    joined(value, BinaryOp::Pipe(Some(Pattern::Var(name))), body)
}

fn joined<'s>(
    left: Term<&'s str>,
    operator: BinaryOp<&'s str>,
    right: Term<&'s str>,
) -> Term<&'s str> {
    Term::BinOp(Box::new(left), operator, Box::new(right))
}
