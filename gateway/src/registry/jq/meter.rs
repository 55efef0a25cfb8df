//! What one run of a filter may use: memory, time, stack, and the size of any one value.
//! Knows how much each thing costs; where costs arise is decided in `metered.rs`.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::Instant;

use jaq_core::Exn;
use jaq_json::{Num, Val};
use regex::Regex;

use super::STACK_FOR_FILTERS;

/// The deepest nesting of arrays and objects: of the input, and of whatever a filter makes.
pub(super) const MAX_VALUE_DEPTH: usize = 256;
/// The longest number, in bits, that a calculation may yield: adding and multiplying stay instant.
const MAX_NUMBER_BITS: u64 = 8192;
/// What each result of each step costs: one place in a list that grows by doubling.
const TICK: u64 = 32;
/// How much may be spent between two looks at the clock; a look takes as long as several small steps.
const BETWEEN_LOOKS: u64 = 16 * TICK;
/// A filter may use this much, and so many times what its input takes.
const RUN_BASE: u64 = 32 << 20;
const RUN_FACTOR: u64 = 16;
/// One value may take this much, and so many times what the input takes.
const VALUE_BASE: u64 = 16 << 20;
const VALUE_FACTOR: u64 = 4;

/// Why a run was ended from outside the filter, which cannot catch it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The deadline has passed, or nobody waits for the result any more.
    Time,
    /// More memory than the input allows.
    Memory,
    /// A value, the filter or both together are nested too deeply.
    Depth,
    /// A number of more than `MAX_NUMBER_BITS`.
    Number,
}

/// The account of one run.
pub(super) struct Meter<'a> {
    left: Cell<u64>,
    since_look: Cell<u64>,
    value_limit: u64,
    deadline: Instant,
    abandoned: &'a dyn Fn() -> bool,
    stack_base: usize,
    stopped: Cell<Option<Stop>>,
    /// Regular expressions of this run, by pattern and flags: a filter applies the same one to each element.
    pub(super) regexes: RefCell<HashMap<(String, String), Regex>>,
}

impl<'a> Meter<'a> {
    /// Opens an account for a run over `input`, on this thread and from this depth of its stack.
    pub(super) fn new(
        input: &Val,
        deadline: Instant,
        abandoned: &'a dyn Fn() -> bool,
    ) -> Result<Self, Stop> {
        let mut left = u64::MAX;
        weigh(input, 0, &mut left)?;
        let weight = u64::MAX - left;
        Ok(Self {
            left: Cell::new(RUN_BASE + RUN_FACTOR * weight),
            since_look: Cell::new(0),
            value_limit: VALUE_BASE + VALUE_FACTOR * weight,
            deadline,
            abandoned,
            stack_base: stack_address(),
            stopped: Cell::new(None),
            regexes: RefCell::default(),
        })
    }

    /// Why the run was stopped, if it was; whatever it had yielded then counts for nothing.
    pub(super) fn stopped(&self) -> Option<Stop> {
        self.stopped.get()
    }

    /// One step: every loop that a filter can express passes here once per round.
    pub(super) fn tick(&self, _: &Val) -> Result<(), Stop> {
        if self.stack_base.abs_diff(stack_address()) > STACK_FOR_FILTERS {
            return self.stop(Stop::Depth);
        }
        if self.since_look.get() >= BETWEEN_LOOKS {
            self.look()?;
        }
        self.spend(TICK)
    }

    fn look(&self) -> Result<(), Stop> {
        self.since_look.set(0);
        if Instant::now() >= self.deadline || (self.abandoned)() {
            return self.stop(Stop::Time);
        }
        Ok(())
    }

    /// A value was put together from others: its own places are paid for, and the whole stays in bounds.
    pub(super) fn made(&self, value: &Val) -> Result<(), Stop> {
        self.tick(value)?;
        self.within_bounds(value)?;
        self.spend(shallow(value))
    }

    /// A value was, or is about to be, copied whole, or comes from a step that may have taken long.
    pub(super) fn copied(&self, value: &Val) -> Result<(), Stop> {
        self.look()?;
        self.tick(value)?;
        let weight = self.within_bounds(value)?;
        self.spend(weight)
    }

    /// Iteration over the value is about to begin, which may copy its list of members.
    pub(super) fn entered(&self, value: &Val) -> Result<(), Stop> {
        self.tick(value)?;
        self.spend(shallow(value))
    }

    /// Takes `amount` bytes from the account.
    pub(super) fn spend(&self, amount: u64) -> Result<(), Stop> {
        if let Some(stop) = self.stopped.get() {
            return Err(stop);
        }
        match self.left.get().checked_sub(amount) {
            Some(left) => {
                self.left.set(left);
                self.since_look
                    .set(self.since_look.get().saturating_add(amount));
                Ok(())
            }
            None => self.stop(Stop::Memory),
        }
    }

    fn within_bounds(&self, value: &Val) -> Result<u64, Stop> {
        let mut left = self.value_limit;
        match weigh(value, 0, &mut left) {
            Ok(()) => {
                let weight = self.value_limit - left;
                self.since_look
                    .set(self.since_look.get().saturating_add(weight));
                Ok(weight)
            }
            Err(stop) => self.stop(stop).map(|()| 0),
        }
    }

    fn stop(&self, stop: Stop) -> Result<(), Stop> {
        let first = self.stopped.get().unwrap_or(stop);
        self.stopped.set(Some(first));
        Err(first)
    }
}

/// Turns a stop into the one exception that `try` and `?` let through.
pub(super) fn halt<'v>(_: Stop) -> Exn<'v, Val> {
    Exn::halt(0)
}

/// Where the stack is now, roughly. The address is compared, never followed.
fn stack_address() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(&here).addr()
}

/// Takes from `left` what the value weighs as a tree (shared parts count each time), which also bounds what
/// comparing, sorting, printing or walking it costs. Ends early when nothing is left.
fn weigh(value: &Val, depth: usize, left: &mut u64) -> Result<(), Stop> {
    if depth > MAX_VALUE_DEPTH {
        return Err(Stop::Depth);
    }
    if let Val::Num(Num::BigInt(number)) = value
        && number.bits() > MAX_NUMBER_BITS
    {
        return Err(Stop::Number);
    }
    *left = left.checked_sub(16 + shallow(value)).ok_or(Stop::Memory)?;
    match value {
        Val::Arr(items) => items
            .iter()
            .try_for_each(|item| weigh(item, depth + 1, left)),
        Val::Obj(members) => members.iter().try_for_each(|(key, member)| {
            weigh(key, depth + 1, left)?;
            weigh(member, depth + 1, left)
        }),
        _ => Ok(()),
    }
}

/// What the value takes without its members.
fn shallow(value: &Val) -> u64 {
    match value {
        Val::Null | Val::Bool(_) | Val::Num(Num::Int(_) | Num::Float(_)) => 0,
        Val::Num(Num::BigInt(number)) => 32 + number.bits() / 8,
        Val::Num(Num::Dec(digits)) => 48 + digits.len() as u64,
        Val::BStr(bytes) | Val::TStr(bytes) => 64 + bytes.len() as u64,
        Val::Arr(items) => 48 + 16 * items.len() as u64,
        Val::Obj(members) => 96 + 64 * members.len() as u64,
    }
}
