//! jq filters from strangers: parsed, walled in, compiled once per text, and run with bounds on everything.
//! Does not decide to which answers a filter applies, nor what becomes of an error.
//!
//! Why a run ends, and what bounds it:
//!
//! * `wall.rs` refuses, by the parsed form, what could recurse or fold (`def`, `reduce`, `foreach`), whatever is not on
//!   the list of functions, texts over `MAX_FILTER_BYTES` and terms nested too deeply. The list is `prelude.jq` and the
//!   tables of `natives.rs`: other functions of the jq crates are not compiled in at all, so there is no `env` to reach.
//! * So a filter is a finite tree in which the only loops are iterations over values, and recursion (of the prelude)
//!   follows the nesting of values, at most 256 levels. Iterations in sequence or in one another still multiply: n
//!   values through k of them are n^k. `metered.rs` therefore puts a payment into every iteration, comma, call and
//!   construction, of the filter and of the prelude alike. Each takes from one account (`meter.rs`), which is 32 MiB
//!   and 16 times the input and is never refilled: the number of steps is finite whatever the filter says. Payments
//!   also look at the depth of the stack, and every few at the clock and at whether anybody waits for the result.
//! * Between two payments there is one step of Rust code over values of bounded weight (16 MiB and 4 times the input,
//!   counted as trees, so that `[., .] | [., .] | …`, cheap in memory, cannot become dear when printed or compared).
//!   Steps take time in proportion to that weight, times its logarithm where they sort. Those of the jq crates that
//!   do not are replaced (`contains`, `add`, `join`, regular expressions) or refused (a list as key, `indices`,
//!   repeated strings). A step that multiplies its operand pays first (`explode`, `/`, `fromjson`).
//! * Out of account, time or stack, the run is halted by an exception that `try` does not catch; unwinding runs no
//!   step that pays. Memory is bounded by the account, and the output by its own bound while it is written.

mod json;
mod meter;
mod metered;
mod natives;
pub mod pool;
mod text;
mod values;
mod wall;

use std::collections::{HashMap, HashSet};
use std::fmt::{self, Write};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Instant;

use jaq_core::load::parse::{Def, Term};
use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Exn, Filter, Vars};
use jaq_json::Val;
use thiserror::Error;

use self::json::WriteError;
use self::meter::{Meter, Stop};
use self::natives::{Kind, Run};

/// The longest filter.
pub const MAX_FILTER_BYTES: usize = 4096;
/// The stack of threads that compile or run filters. Only what is used of it takes memory.
const STACK: usize = 64 << 20;
/// How deep a run may go; the rest is for the one step after the last look, and for dropping values.
const STACK_FOR_FILTERS: usize = 32 << 20;
/// The longest message of an error that a filter raised: it may quote values.
const MAX_MESSAGE: usize = 512;

/// Why a filter is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FilterError {
    /// More than `MAX_FILTER_BYTES`.
    #[error(
        "the filter has {0} bytes; at most {MAX_FILTER_BYTES} are allowed, so let the backend do a part of it"
    )]
    TooLong(usize),
    /// Not a jq filter.
    #[error("it does not parse at character {at}: expected {expected} and found {found}")]
    Unparsed {
        /// The character where it fails, counted from 1.
        at: usize,
        /// What could have stood there.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// A construct or function of jq that is not allowed here.
    #[error("{what} at character {at} is not allowed: {advice}")]
    Refused {
        /// The construct or function.
        what: String,
        /// Its character, counted from 1.
        at: usize,
        /// What to do instead.
        advice: &'static str,
    },
    /// A function that does not exist, or not with so many arguments.
    #[error("there is no function {name} (character {at}){known}; name/n takes n arguments")]
    Unknown {
        /// Its name and number of arguments.
        name: String,
        /// Its character, counted from 1.
        at: usize,
        /// The same name with other numbers of arguments.
        known: String,
    },
    /// A variable or label that is not in force.
    #[error("{name} at character {at} is not defined; bind it before with … as {name} | …")]
    Unbound {
        /// The variable.
        name: String,
        /// Its character, counted from 1.
        at: usize,
    },
    /// Too many levels for the stack.
    #[error("it is nested too deeply; use fewer brackets, pipes and operators in a row")]
    TooDeep,
    /// The filter passed the wall and the compiler refused it: a fault of this module.
    #[error("it cannot be compiled: {0}")]
    Uncompiled(String),
    /// No thread to compile on.
    #[error("it could not be compiled now, because the system gives no thread: {0}")]
    NoThread(String),
}

/// Why a run has no result.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RunError {
    /// The input is not JSON that a filter can take.
    #[error("the jq filter cannot read the answer: {0}")]
    Input(String),
    /// The filter failed on this input.
    #[error("the jq filter failed: {0}")]
    Raised(String),
    /// The filter yields nothing on this input.
    #[error("the jq filter yields nothing for this answer; end it with // null if that is meant")]
    Empty,
    /// The result cannot be written as JSON.
    #[error("the result of the jq filter is not JSON: {0}")]
    Output(String),
    /// The result is longer than allowed.
    #[error("the result of the jq filter is longer than {0} bytes; select less")]
    TooLong(usize),
    /// The deadline has passed.
    #[error("the jq filter took too long; select less before combining")]
    Timeout,
    /// It would take more memory than such an input may.
    #[error(
        "the jq filter needs too much memory for an answer of this size; select less before combining"
    )]
    Memory,
    /// A value or the run itself is nested too deeply.
    #[error("the jq filter nests its values too deeply")]
    Depth,
    /// A number grew without bound.
    #[error("the jq filter calculates with numbers that are too long")]
    Number,
    /// All threads have work, and so many wait already.
    #[error("too many jq filters are running; try again")]
    Busy,
    /// A fault of this module or of the jq crates.
    #[error("the jq filter broke off; this is a fault of the gateway")]
    Broken,
}

/// A compiled filter.
pub struct Program {
    text: String,
    filter: Filter<Kind>,
}

impl fmt::Debug for Program {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Program").field(&self.text).finish()
    }
}

/// The filters in use, so that equal texts share one program. It keeps none alive by itself.
#[derive(Debug, Default)]
pub struct Programs {
    by_text: HashMap<String, Weak<Program>>,
}

impl Programs {
    /// The program of a filter, compiled unless somebody still holds it.
    ///
    /// # Errors
    /// The filter does not parse or says what it may not.
    pub fn get(&mut self, text: &str) -> Result<Arc<Program>, FilterError> {
        if let Some(program) = self.by_text.get(text).and_then(Weak::upgrade) {
            return Ok(program);
        }
        let program = Arc::new(Program::compile(text)?);
        self.by_text.retain(|_, program| program.strong_count() > 0);
        self.by_text
            .insert(text.to_owned(), Arc::downgrade(&program));
        Ok(program)
    }
}

impl Program {
    /// Compiles a filter, on a thread whose stack is deep enough for whatever it says.
    ///
    /// # Errors
    /// The filter does not parse or says what it may not.
    pub fn compile(text: &str) -> Result<Self, FilterError> {
        let on_deep_stack = thread::scope(|scope| {
            let started = thread::Builder::new()
                .stack_size(STACK)
                .spawn_scoped(scope, || compile(text))
                .map_err(|error| FilterError::NoThread(error.to_string()))?;
            started.join().unwrap_or_else(|_| {
                Err(FilterError::Uncompiled(
                    "the jq parser broke off".to_owned(),
                ))
            })
        });
        Ok(Self {
            text: text.to_owned(),
            filter: on_deep_stack?,
        })
    }

    /// The filter as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Runs the filter on this thread, which has a stack of `STACK` bytes.
    fn run(
        &self,
        input: &[u8],
        deadline: Instant,
        max_output: usize,
        abandoned: &dyn Fn() -> bool,
    ) -> Result<Vec<u8>, RunError> {
        let input = json::parse(input).map_err(|error| RunError::Input(error.to_string()))?;
        let meter = Meter::new(&input, deadline, abandoned).map_err(stopped)?;
        let results = self.results(input, &meter)?;
        if results.is_empty() {
            return Err(RunError::Empty);
        }
        json::write(&results, max_output).map_err(|error| match error {
            WriteError::Long => RunError::TooLong(max_output),
            WriteError::Deep => RunError::Depth,
            WriteError::Key => RunError::Output(error.to_string()),
        })
    }

    fn results(&self, input: Val, meter: &Meter<'_>) -> Result<Vec<Val>, RunError> {
        let run = Run {
            lut: &self.filter.lut,
            meter,
        };
        let context = Ctx::<Kind>::new(run, Vars::new([]));
        let mut results = Vec::new();
        for result in self.filter.id.run((context, input)) {
            let result = result.map_err(|exception| failed(exception, meter))?;
            meter.tick(&result).map_err(stopped)?;
            results.push(result);
        }
        // An update may have dropped the exception that halted it.
        meter
            .stopped()
            .map_or(Ok(results), |stop| Err(stopped(stop)))
    }
}

fn failed(exception: Exn<'_, Val>, meter: &Meter<'_>) -> RunError {
    if let Some(stop) = meter.stopped() {
        return stopped(stop);
    }
    match exception.get_err() {
        Ok(error) => {
            let mut message = Short(String::new());
            // It fails where the message is cut.
            let _ = write!(message, "{error}");
            // A message that the filter gave is a value, and printed as one.
            RunError::Raised(serde_json::from_str(&message.0).unwrap_or(message.0))
        }
        Err(_) => RunError::Broken,
    }
}

fn stopped(stop: Stop) -> RunError {
    match stop {
        Stop::Time => RunError::Timeout,
        Stop::Memory => RunError::Memory,
        Stop::Depth => RunError::Depth,
        Stop::Number => RunError::Number,
    }
}

/// The beginning of a message that may quote a whole answer.
struct Short(String);

impl Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MAX_MESSAGE.saturating_sub(self.0.len());
        if text.len() <= room {
            self.0.push_str(text);
            return Ok(());
        }
        self.0.push_str(&text[..text.floor_char_boundary(room)]);
        self.0.push('…');
        Err(fmt::Error)
    }
}

fn compile(text: &str) -> Result<Filter<Kind>, FilterError> {
    let prelude = prelude();
    let term = wall::parse(text, &prelude)?;
    let needed = needed(&term, &prelude);
    let definitions = prelude
        .into_iter()
        .zip(needed)
        .filter_map(|(definition, needed)| needed.then(|| metered::metered_definition(definition)));
    // The filter itself goes in as a definition, because only definitions may come in parsed form.
    let main = Def {
        name: "__main",
        args: Vec::new(),
        body: metered::metered(term),
    };
    let arena = Arena::default();
    let file = File {
        code: "__main",
        path: (),
    };
    let modules = Loader::new(definitions.chain([main]))
        .load(&arena, file)
        .map_err(|_| FilterError::Uncompiled("the prelude does not load".to_owned()))?;
    Compiler::<&str, Kind>::default()
        .with_funs(natives::all())
        .compile(modules)
        .map_err(|errors| {
            let errors = errors.into_iter().flat_map(|(_, errors)| errors);
            let names = errors.map(|(name, what)| format!("no {} {name}", what.as_str()));
            FilterError::Uncompiled(names.collect::<Vec<_>>().join(", "))
        })
}

fn prelude() -> Vec<Def<&'static str>> {
    load::parse(include_str!("jq/prelude.jq"), |parser| parser.defs()).unwrap_or_default()
}

/// Which definitions the filter calls, directly or by others; the rest need not be compiled. A definition calls only
/// itself and those before it.
fn needed(term: &Term<&str>, prelude: &[Def<&'static str>]) -> Vec<bool> {
    let mut called = HashSet::new();
    calls(term, &mut called);
    let mut needed = vec![false; prelude.len()];
    for (needed, definition) in needed.iter_mut().zip(prelude).rev() {
        *needed = called.contains(&(definition.name.to_owned(), definition.args.len()));
        if *needed {
            calls(&definition.body, &mut called);
        }
    }
    needed
}

fn calls(term: &Term<&str>, called: &mut HashSet<(String, usize)>) {
    match term {
        Term::Call(name, arguments) => _ = called.insert(((*name).to_owned(), arguments.len())),
        Term::Str(Some(format), _) => _ = called.insert(((*format).to_owned(), 0)),
        _ => {}
    }
    for child in wall::children(term) {
        calls(child, called);
    }
}

#[cfg(test)]
mod tests;
