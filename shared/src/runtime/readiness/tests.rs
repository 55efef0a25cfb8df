//! Registrations and drops in, names out.

use super::Readiness;

fn check(readiness: &Readiness, expected: &[&str]) {
    assert_eq!(readiness.pending(), expected);
    assert_eq!(readiness.is_ready(), expected.is_empty());
}

#[test]
fn nothing_registered_is_ready() {
    check(&Readiness::new(), &[]);
}

#[test]
fn each_prerequisite_is_missing_until_its_guard_is_dropped() {
    let readiness = Readiness::new();
    let registry = readiness.register("registry");
    let listener = readiness.register("listener");
    check(&readiness, &["registry", "listener"]);
    drop(registry);
    check(&readiness, &["listener"]);
    drop(listener);
    check(&readiness, &[]);
}

#[test]
fn two_prerequisites_of_one_name_are_two() {
    let readiness = Readiness::new();
    let first = readiness.register("worker");
    let second = readiness.register("worker");
    drop(first);
    check(&readiness, &["worker"]);
    drop(second);
    check(&readiness, &[]);
}

#[test]
fn clones_share_their_prerequisites() {
    let readiness = Readiness::new();
    let pending = readiness.clone().register("registry");
    check(&readiness, &["registry"]);
    std::thread::scope(|scope| scope.spawn(move || drop(pending)).join().is_ok());
    check(&readiness, &[]);
}

#[test]
fn draining_is_for_good_and_is_named_last() {
    let readiness = Readiness::new();
    let registry = readiness.register("registry");
    readiness.drain();
    check(&readiness, &["registry", "draining"]);
    drop(registry);
    readiness.drain();
    check(&readiness, &["draining"]);
}
