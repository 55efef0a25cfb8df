//! Session ids: what is carried comes back, and nothing else is honoured.

use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};

use super::{ClientCapabilities, Keys, MAX_AGE_SECONDS, SessionId, SessionIdError};
use crate::mcp::version::{Era, Version};

const NOW: u64 = 1_800_000_000;

fn keys(current: u8, previous: Option<u8>) -> Keys {
    Keys {
        current: [current; 32],
        previous: previous.map(|byte| [byte; 32]),
    }
}

fn id(issued: u64) -> SessionId {
    SessionId {
        nonce: [7; 16],
        issued,
        version: Version::V20250618,
        capabilities: ClientCapabilities {
            roots: true,
            ..ClientCapabilities::default()
        },
    }
}

#[test]
fn every_legacy_revision_and_capability_comes_back() {
    for version in Version::ALL
        .into_iter()
        .filter(|version| version.era() == Era::Legacy)
    {
        for bits in 0..16_u8 {
            let capabilities = ClientCapabilities {
                sampling: bits & 1 != 0,
                elicitation: bits & 2 != 0,
                elicitation_url: bits & 4 != 0,
                roots: bits & 8 != 0,
            };
            let id = SessionId {
                version,
                capabilities,
                ..id(NOW)
            };
            assert_eq!(
                SessionId::decode(&id.encode(&keys(1, None)), &keys(1, None), NOW),
                Ok(id)
            );
        }
    }
}

#[test]
fn an_id_is_good_for_seven_days_and_not_a_second_more() {
    let text = id(NOW).encode(&keys(1, None));
    let check = |now: u64, expected: Result<SessionId, SessionIdError>| {
        assert_eq!(
            SessionId::decode(&text, &keys(1, None), now),
            expected,
            "{now}"
        );
    };
    check(NOW, Ok(id(NOW)));
    check(NOW + MAX_AGE_SECONDS, Ok(id(NOW)));
    check(NOW + MAX_AGE_SECONDS + 1, Err(SessionIdError::Expired));
    check(u64::MAX, Err(SessionIdError::Expired));
    // Another pod's clock may be ahead.
    check(NOW - 60, Ok(id(NOW)));
}

#[test]
fn the_previous_key_still_verifies_and_no_other_does() {
    let text = id(NOW).encode(&keys(1, None));
    let check = |keys: &Keys, expected: Result<SessionId, SessionIdError>| {
        assert_eq!(SessionId::decode(&text, keys, NOW), expected);
    };
    check(&keys(2, Some(1)), Ok(id(NOW)));
    check(&keys(2, None), Err(SessionIdError::Forged));
    check(&keys(2, Some(3)), Err(SessionIdError::Forged));
    // A forged old id is told as forged, so that ages are not to be learned from it.
    assert_eq!(
        SessionId::decode(&text, &keys(2, None), u64::MAX),
        Err(SessionIdError::Forged)
    );
}

#[test]
fn a_revision_without_sessions_has_none() {
    let text = SessionId {
        version: Version::V20260728,
        ..id(NOW)
    }
    .encode(&keys(1, None));
    assert_eq!(
        SessionId::decode(&text, &keys(1, None), NOW),
        Err(SessionIdError::Forged)
    );
}

#[test]
fn an_id_that_was_shortened_or_lengthened_is_forged() {
    let text = id(NOW).encode(&keys(1, None));
    for end in 0..text.len() {
        assert_eq!(
            SessionId::decode(&text[..end], &keys(1, None), NOW),
            Err(SessionIdError::Forged),
            "{end}"
        );
    }
    for more in ["A", "AAAA", "=", " ", "\n", &text] {
        assert_eq!(
            SessionId::decode(&format!("{text}{more}"), &keys(1, None), NOW),
            Err(SessionIdError::Forged)
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_that_is_not_ours_is_honoured(text in any::<String>(), base64 in "[A-Za-z0-9_-]{56}") {
        for text in [text, base64] {
            prop_assert_eq!(SessionId::decode(&text, &keys(1, None), NOW), Err(SessionIdError::Forged));
        }
    }

    #[test]
    fn an_id_with_one_character_changed_is_forged(at in 0_usize..56, to in "[A-Za-z0-9_-]") {
        let genuine = id(NOW).encode(&keys(1, None));
        prop_assert!(genuine.bytes().all(|byte| (0x21..=0x7E).contains(&byte)));
        let mut text = genuine.clone();
        text.replace_range(at..=at, &to);
        let expected = if text == genuine { Ok(id(NOW)) } else { Err(SessionIdError::Forged) };
        prop_assert_eq!(SessionId::decode(&text, &keys(1, None), NOW), expected);
    }
}
