//! Who may use what. Everybody may use everything that is served, for now; only this module makes a [`Granted`],
//! and calling a backend takes one, so that the step cannot be forgotten.

use super::identify::Caller;

/// Proof that the caller may use what it asked for.
#[derive(Debug)]
pub struct Granted(());

/// Decides.
#[must_use]
pub fn grant(caller: &Caller) -> Granted {
    match caller {
        Caller::Anonymous => Granted(()),
    }
}
