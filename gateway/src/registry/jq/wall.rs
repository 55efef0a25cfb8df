//! What a filter may not say, found in its parsed form: everything that could run without end or read what is not its
//! input. What is left is bounded at run time by `meter.rs`.

use std::collections::HashSet;

use jaq_core::load::lex::{Lexer, StrPart, Tok, Token};
use jaq_core::load::parse::{BinaryOp, Def, Parser, Pattern, Term};
use jaq_core::ops::Math;
use jaq_core::path::Part;

use super::{FilterError, MAX_FILTER_BYTES, natives};

/// The deepest nesting of terms: a chain of n pipes or operators is n deep, an object of n members too.
const MAX_TERM_DEPTH: usize = 256;

/// Names and numbers of arguments.
pub(super) type Names = HashSet<(&'static str, usize)>;

/// Parses a filter and refuses what it may not say. The stack must be deep: the parser recurses for each byte, at worst.
pub(super) fn parse<'s>(
    text: &'s str,
    prelude: &[Def<&'static str>],
) -> Result<Term<&'s str>, FilterError> {
    if text.len() > MAX_FILTER_BYTES {
        return Err(FilterError::TooLong(text.len()));
    }
    let tokens = Lexer::new(text).lex().map_err(|errors| {
        let (expected, rest) = &errors[0];
        unparsed(text, expected.as_str(), rest)
    })?;
    if let Some(Token(word @ ("import" | "include" | "module"), Tok::Word)) = tokens.first() {
        return Err(refused(text, word, word));
    }
    let term = Parser::new(&tokens)
        .parse(|parser| parser.term())
        .map_err(|errors| {
            let (expected, found) = &errors[0];
            unparsed(text, expected.as_str(), Token::opt_as_str(*found, text))
        })?;
    let wall = Wall {
        text,
        allowed: natives::public().chain(public(prelude)).collect(),
    };
    wall.check(&term, &mut Vec::new(), 0)?;
    Ok(term)
}

fn public<'p>(
    prelude: &'p [Def<&'static str>],
) -> impl Iterator<Item = (&'static str, usize)> + 'p {
    let names = prelude
        .iter()
        .map(|definition| (definition.name, definition.args.len()));
    names.filter(|(name, _)| !name.starts_with("__"))
}

struct Wall<'s> {
    text: &'s str,
    allowed: Names,
}

impl<'s> Wall<'s> {
    /// `bound` holds the variables and labels in force.
    fn check(
        &self,
        term: &Term<&'s str>,
        bound: &mut Vec<&'s str>,
        depth: usize,
    ) -> Result<(), FilterError> {
        if depth > MAX_TERM_DEPTH {
            return Err(FilterError::TooDeep);
        }
        let outer = bound.len();
        self.check_itself(term, bound)?;
        match term {
            Term::BinOp(left, BinaryOp::Pipe(Some(pattern)), right) => {
                self.check(left, bound, depth + 1)?;
                self.check_pattern(pattern, bound, depth + 1)?;
                self.check(right, bound, depth + 1)?;
            }
            Term::Label(name, body) => {
                bound.push(name);
                self.check(body, bound, depth + 1)?;
            }
            Term::Obj(members) => {
                for (index, (key, value)) in members.iter().enumerate() {
                    self.check(key, bound, depth + 1 + index)?;
                    if let Some(value) = value {
                        self.check(value, bound, depth + 1 + index)?;
                    }
                }
            }
            Term::Path(_, path) if depth + path.0.len() > MAX_TERM_DEPTH => {
                return Err(FilterError::TooDeep);
            }
            term => {
                for (index, child) in children(term).into_iter().enumerate() {
                    // Parts of a string and of a path hang on each other, arguments do not.
                    let chained = matches!(term, Term::Str(..) | Term::Path(..));
                    let further = if chained { index } else { 0 };
                    self.check(child, bound, depth + 1 + further)?;
                }
            }
        }
        bound.truncate(outer);
        Ok(())
    }

    fn check_pattern(
        &self,
        pattern: &Pattern<&'s str>,
        bound: &mut Vec<&'s str>,
        depth: usize,
    ) -> Result<(), FilterError> {
        if depth > MAX_TERM_DEPTH {
            return Err(FilterError::TooDeep);
        }
        match pattern {
            Pattern::Var(name) => bound.push(name),
            Pattern::Arr(items) => {
                for item in items {
                    self.check_pattern(item, bound, depth + 1)?;
                }
            }
            Pattern::Obj(members) => {
                for (key, inner) in members {
                    self.check(key, bound, depth + 1)?;
                    self.check_pattern(inner, bound, depth + 1)?;
                }
            }
        }
        Ok(())
    }

    fn check_itself(&self, term: &Term<&'s str>, bound: &[&'s str]) -> Result<(), FilterError> {
        match term {
            Term::Def(definitions, _) => {
                let name = definitions.first().map_or("", |definition| definition.name);
                Err(refused(self.text, "def", name))
            }
            Term::Fold(kind, ..) => Err(refused(self.text, kind, kind)),
            Term::BinOp(
                left,
                BinaryOp::Math(Math::Mul) | BinaryOp::UpdateMath(Math::Mul),
                right,
            ) => {
                match [left, right]
                    .into_iter()
                    .find_map(|operand| string_literal(operand))
                {
                    Some(literal) => Err(refused(self.text, "*", literal)),
                    None => Ok(()),
                }
            }
            Term::Var(name) | Term::Break(name) if !bound.contains(name) => {
                Err(FilterError::Unbound {
                    name: (*name).to_owned(),
                    at: position(self.text, name),
                })
            }
            Term::Str(Some(format), _) => self.check_name(format, 0),
            Term::Call(name, arguments) => self.check_name(name, arguments.len()),
            _ => Ok(()),
        }
    }

    fn check_name(&self, name: &'s str, arity: usize) -> Result<(), FilterError> {
        if self.allowed.contains(&(name, arity)) {
            return Ok(());
        }
        // recurse is there, and recurse(f) is not.
        let known = name != "recurse" && self.allowed.iter().any(|(known, _)| *known == name);
        if advice(name).is_some() && !known {
            return Err(refused(self.text, name, name));
        }
        let mut arities: Vec<usize> = self
            .allowed
            .iter()
            .filter_map(|(known, arity)| (*known == name).then_some(*arity))
            .collect();
        arities.sort_unstable();
        Err(FilterError::Unknown {
            name: format!("{name}/{arity}"),
            at: position(self.text, name),
            known: arities
                .iter()
                .map(|arity| format!("; there is {name}/{arity}"))
                .collect(),
        })
    }
}

/// The terms directly in a term, in order.
pub(super) fn children<'t, 's>(term: &'t Term<&'s str>) -> Vec<&'t Term<&'s str>> {
    match term {
        Term::Id
        | Term::Recurse
        | Term::Num(_)
        | Term::Var(_)
        | Term::Break(_)
        | Term::Arr(None) => Vec::new(),
        Term::Str(_, parts) => parts
            .iter()
            .filter_map(|part| match part {
                StrPart::Term(term) => Some(term),
                StrPart::Str(_) | StrPart::Char(_) => None,
            })
            .collect(),
        Term::Arr(Some(body)) | Term::Neg(body) | Term::Label(_, body) => vec![body],
        Term::Obj(members) => members
            .iter()
            .flat_map(|(key, value)| std::iter::once(key).chain(value))
            .collect(),
        Term::BinOp(left, operator, right) => {
            let mut terms = vec![&**left];
            if let BinaryOp::Pipe(Some(pattern)) = operator {
                keys(pattern, &mut terms);
            }
            terms.push(right);
            terms
        }
        Term::Fold(_, source, pattern, rounds) => {
            let mut terms = vec![&**source];
            keys(pattern, &mut terms);
            terms.extend(rounds);
            terms
        }
        Term::TryCatch(body, handler) => {
            std::iter::once(&**body).chain(handler.as_deref()).collect()
        }
        Term::IfThenElse(branches, otherwise) => branches
            .iter()
            .flat_map(|(condition, then)| [condition, then])
            .chain(otherwise.as_deref())
            .collect(),
        Term::Def(definitions, body) => definitions
            .iter()
            .map(|definition| &definition.body)
            .chain([&**body])
            .collect(),
        Term::Call(_, arguments) => arguments.iter().collect(),
        Term::Path(start, path) => {
            let parts = path.0.iter().flat_map(|(part, _)| match part {
                Part::Index(key) => [Some(key), None],
                Part::Range(from, to) => [from.as_ref(), to.as_ref()],
            });
            std::iter::once(&**start).chain(parts.flatten()).collect()
        }
    }
}

fn keys<'t, 's>(pattern: &'t Pattern<&'s str>, terms: &mut Vec<&'t Term<&'s str>>) {
    match pattern {
        Pattern::Var(_) => {}
        Pattern::Arr(items) => items.iter().for_each(|item| keys(item, terms)),
        Pattern::Obj(members) => {
            for (key, inner) in members {
                terms.push(key);
                keys(inner, terms);
            }
        }
    }
}

/// The text of a string operand, as far as it is one piece; `""` for others.
fn string_literal<'s>(term: &Term<&'s str>) -> Option<&'s str> {
    match term {
        Term::Str(_, parts) => Some(match parts.first() {
            Some(StrPart::Str(text)) => text,
            _ => "",
        }),
        _ => None,
    }
}

/// What to do instead of a construct or function that jq has and filters here do not.
fn advice(name: &str) -> Option<&'static str> {
    Some(match name {
        "def" => "a function can call itself without end; write its body where it is used",
        "reduce" | "foreach" => "it can build without bound; use map, add, group_by, any or all",
        "*" => "repeating a string can take all memory; write the string out",
        "import" | "include" | "module" => {
            "there are no modules; write the whole filter in one text"
        }
        "env" => "a filter sees nothing but the backend's answer",
        "input" | "inputs" | "input_line_number" | "input_filename" => {
            "a filter has one input; use . instead"
        }
        "halt" | "halt_error" => "use error(\"…\") to fail",
        "debug" | "stderr" => "there is nobody to read it; remove it",
        "range" | "repeat" | "while" | "until" | "combinations" => {
            "it can go on without end; go through the input with .[]"
        }
        "recurse" => "it can go on without end; use .. or recurse without arguments",
        "limit" | "skip" => "use a slice such as .[:10], or first(f)",
        "infinite" | "nan" => "JSON has no such number; remove it",
        "index" | "rindex" | "indices" => "use contains, test, or split",
        "now" | "localtime" | "strflocaltime" | "mktime" | "gmtime" | "strftime" | "strptime"
        | "todate" | "fromdate" | "date" | "dateadd" | "datesub" => {
            "there is no clock and no calendar; let the backend format dates"
        }
        "tobytes" => "use @base64",
        _ => return None,
    })
}

fn refused(text: &str, what: &str, part: &str) -> FilterError {
    FilterError::Refused {
        what: what.to_owned(),
        at: position(text, part),
        advice: advice(what).unwrap_or("remove it"),
    }
}

fn unparsed(text: &str, expected: &str, rest: &str) -> FilterError {
    let found: String = rest.chars().take(16).collect();
    FilterError::Unparsed {
        at: position(text, rest),
        expected: match expected {
            "" | "nothing" => "the end".to_owned(),
            expected => expected.to_owned(),
        },
        found: if found.is_empty() {
            "the end".to_owned()
        } else {
            format!("\"{found}\"")
        },
    }
}

/// The character, counted from 1, at which `part` begins; `part` is a slice of `text`.
fn position(text: &str, part: &str) -> usize {
    let start = part.as_ptr().addr().wrapping_sub(text.as_ptr().addr());
    text.get(..start)
        .map_or(1, |before| before.chars().count() + 1)
}
