//! When a connection is used again, as a function of instants.
#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn a_connection_is_used_again_until_it_is_idle_or_old() {
    let opened = Instant::now();
    let check = |keep_alive: Option<&'static str>, idle_since: u64, asked: u64, expected: bool| {
        let mut age = Age::of_new(opened, Duration::from_secs(60));
        age.idle_since = opened + Duration::from_millis(idle_since);
        if let Some(header) = keep_alive {
            age.keep_alive = keep_alive_timeout(&HeaderValue::from_static(header)).unwrap_or(IDLE);
        }
        let now = opened + Duration::from_millis(asked);
        assert_eq!(
            age.is_usable(now),
            expected,
            "{keep_alive:?} {idle_since} {asked}"
        );
    };
    check(None, 0, 0, true);
    check(None, 0, 3_999, true);
    check(None, 0, 4_000, false);
    check(None, 10_000, 13_999, true);
    check(None, 10_000, 14_000, false);
    check(None, 59_000, 59_999, true);
    check(None, 59_999, 60_000, false);
    check(Some("timeout=10"), 0, 8_999, true);
    check(Some("timeout=10"), 0, 9_000, false);
    check(Some("max=7, timeout=2"), 0, 999, true);
    check(Some("max=7, timeout=2"), 0, 1_000, false);
    check(Some("timeout=1"), 0, 0, false);
    check(Some("timeout=0"), 0, 0, false);
    check(Some("timeout=soon"), 0, 3_999, true);
    check(Some("timeout=18446744073709551615"), 0, 59_999, true);
    check(Some("timeout=18446744073709551615"), 0, 60_000, false);
}

#[test]
fn lifetimes_are_a_minute_give_or_take_a_quarter() {
    let lifetimes: Vec<Duration> = (0..200).map(|_| lifetime()).collect();
    let (least, most) = (
        lifetimes.iter().min().unwrap(),
        lifetimes.iter().max().unwrap(),
    );
    assert!(*least >= Duration::from_secs(45), "{least:?}");
    assert!(*most <= Duration::from_secs(75), "{most:?}");
    assert!(
        *most - *least > Duration::from_secs(10),
        "no jitter: {least:?} to {most:?}"
    );
}
