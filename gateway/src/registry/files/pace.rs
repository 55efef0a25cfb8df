//! When to look at the files again. Pure: moments in, a moment out.

use std::time::{Duration, Instant};

/// A change is acted on after so long without another one.
const QUIET: Duration = Duration::from_millis(10);
/// But after so long in any case.
const LATEST: Duration = Duration::from_millis(50);
/// Bad news is believed after so long without a change.
const SETTLED: Duration = Duration::from_millis(60);
/// But after so long in any case.
const SETTLED_LATEST: Duration = Duration::from_millis(500);
/// Where no change is told, the files are looked at so often: notices do get lost.
const SAFETY: Duration = Duration::from_secs(2);
/// A look at the files may take one part in so many of the time.
const SHARE: u32 = 400;

/// Why it is time to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// Something changed.
    Changed,
    /// What was held back has settled.
    Settled,
    /// Nothing was told for long.
    Safety,
}

/// What happened so far.
#[derive(Debug)]
pub(super) struct Pace {
    first_change: Option<Instant>,
    last_change: Instant,
    held_since: Option<Instant>,
    looked: Instant,
    look_took: Duration,
}

impl Pace {
    /// Starts with a look that has just ended.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            first_change: None,
            last_change: now,
            held_since: None,
            looked: now,
            look_took: Duration::ZERO,
        }
    }

    /// Something changed.
    pub(super) fn changed(&mut self, now: Instant) {
        self.first_change.get_or_insert(now);
        self.last_change = now;
    }

    /// A look from `began` to `ended` found everything, or held something back.
    pub(super) fn looked(&mut self, began: Instant, ended: Instant, held: bool) {
        self.first_change = None;
        self.looked = ended;
        self.look_took = ended - began;
        self.held_since = if held {
            self.held_since.or(Some(began))
        } else {
            None
        };
    }

    /// The bad news that was held back has been believed; what is held from now on is held anew.
    pub(super) fn settled(&mut self) {
        self.held_since = None;
    }

    /// When to look next, and why.
    pub(super) fn next(&self) -> (Instant, Reason) {
        let safety = (
            self.looked + SAFETY.max(self.look_took * SHARE),
            Reason::Safety,
        );
        let changed = self.first_change.map(|first| {
            (
                (self.last_change + QUIET).min(first + LATEST),
                Reason::Changed,
            )
        });
        let settled = self.held_since.map(|since| {
            let quiet_since = self.last_change.max(since);
            (
                (quiet_since + SETTLED).min(since + SETTLED_LATEST),
                Reason::Settled,
            )
        });
        [changed, settled]
            .into_iter()
            .flatten()
            .fold(
                safety,
                |earliest, next| if next.0 < earliest.0 { next } else { earliest },
            )
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Pace, Reason};

    fn check(pace: &Pace, start: Instant, millis: u64, reason: Reason) {
        let (at, why) = pace.next();
        assert_eq!(
            ((at - start).as_millis(), why),
            (u128::from(millis), reason)
        );
    }

    fn at(start: Instant, millis: u64) -> Instant {
        start + Duration::from_millis(millis)
    }

    #[test]
    fn a_change_is_acted_on_after_ten_quiet_milliseconds_and_fifty_at_most() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        check(&pace, start, 2000, Reason::Safety);
        pace.changed(at(start, 100));
        check(&pace, start, 110, Reason::Changed);
        for millis in [108, 116, 124, 132, 140, 148] {
            pace.changed(at(start, millis));
        }
        check(&pace, start, 150, Reason::Changed);
    }

    #[test]
    fn bad_news_is_believed_after_sixty_quiet_milliseconds() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        pace.changed(at(start, 0));
        pace.looked(at(start, 10), at(start, 11), true);
        check(&pace, start, 70, Reason::Settled);
        pace.changed(at(start, 40));
        check(&pace, start, 50, Reason::Changed);
        pace.looked(at(start, 50), at(start, 51), true);
        check(&pace, start, 100, Reason::Settled);
        pace.looked(at(start, 100), at(start, 101), false);
        check(&pace, start, 2101, Reason::Safety);
    }

    #[test]
    fn bad_news_is_believed_at_last_however_much_else_changes() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        pace.looked(at(start, 0), at(start, 0), true);
        for millis in (0..490).step_by(10) {
            pace.changed(at(start, millis));
            pace.looked(at(start, millis + 1), at(start, millis + 1), true);
        }
        check(&pace, start, 500, Reason::Settled);
    }

    #[test]
    fn looks_that_take_long_are_taken_seldom() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        pace.looked(start, at(start, 100), false);
        check(&pace, start, 40_100, Reason::Safety);
    }
}
