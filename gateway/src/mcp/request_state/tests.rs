//! Tests of wrapped states.

use super::*;

const CALL: Binding<'_> = Binding {
    object: "tools/a uid",
    principal: "p",
    arguments: "{\"x\":1}",
};

fn keys() -> Keys {
    Keys {
        current: [1; 32],
        previous: Some([2; 32]),
    }
}

#[test]
fn a_state_comes_back_for_ten_minutes() {
    for state in ["", "x", "{\"a\":\"é\\n\"}", &"y".repeat(10_000)] {
        let wrapped = wrap(state, CALL, &keys(), 1_000);
        for (now, is_good) in [
            (1_000, true),
            (1_600, true),
            (1_601, false),
            (u64::MAX, false),
        ] {
            let unwrapped = unwrap(&wrapped, CALL, &keys(), now);
            assert_eq!(unwrapped.as_deref(), is_good.then_some(state), "{now}");
        }
    }
}

#[test]
fn a_state_is_good_for_its_own_call_alone() {
    let wrapped = wrap("state", CALL, &keys(), 0);
    for binding in [
        Binding {
            object: "tools/a other",
            ..CALL
        },
        Binding {
            principal: "q",
            ..CALL
        },
        Binding {
            arguments: "{\"x\":2}",
            ..CALL
        },
        Binding {
            object: "tools/a uidp",
            principal: "",
            ..CALL
        },
    ] {
        assert_eq!(unwrap(&wrapped, binding, &keys(), 0), None, "{binding:?}");
    }
}

#[test]
fn a_state_with_any_bit_changed_or_cut_anywhere_is_refused() {
    let wrapped = wrap("state", CALL, &keys(), 0);
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(&wrapped).unwrap();
    for at in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[at / 8] ^= 1 << (at % 8);
        let changed = BASE64_URL_SAFE_NO_PAD.encode(changed);
        assert_eq!(unwrap(&changed, CALL, &keys(), 0), None, "bit {at}");
    }
    for end in 0..bytes.len() {
        let cut = BASE64_URL_SAFE_NO_PAD.encode(&bytes[..end]);
        assert_eq!(unwrap(&cut, CALL, &keys(), 0), None, "cut at {end}");
    }
    for text in ["", "=", "not base64!", "é"] {
        assert_eq!(unwrap(text, CALL, &keys(), 0), None);
    }
}

#[test]
fn the_previous_key_is_still_good_and_a_foreign_one_is_not() {
    let old = Keys {
        current: [2; 32],
        previous: None,
    };
    let foreign = Keys {
        current: [3; 32],
        previous: None,
    };
    let check = |keys_then: &Keys, expected| {
        let wrapped = wrap("state", CALL, keys_then, 0);
        assert_eq!(unwrap(&wrapped, CALL, &keys(), 0).as_deref(), expected);
    };
    check(&old, Some("state"));
    check(&foreign, None);
}
