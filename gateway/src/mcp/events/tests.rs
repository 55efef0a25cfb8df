//! Tests of the reader of events.

use proptest::prelude::*;

use super::*;

fn read(pieces: &[&[u8]], limit: usize) -> Result<Vec<Event>, TooLong> {
    let mut reader = EventReader::new(limit);
    let mut events = Vec::new();
    for piece in pieces {
        reader.read(piece, &mut events)?;
    }
    Ok(events)
}

fn check(text: &str, expected: &[(&str, &str)]) {
    let expected: Vec<Event> = expected
        .iter()
        .map(|(name, data)| Event {
            name: (*name).to_owned(),
            data: (*data).to_owned(),
        })
        .collect();
    assert_eq!(
        read(&[text.as_bytes()], 1000).unwrap(),
        expected,
        "{text:?}"
    );
}

#[test]
fn events_are_put_together_as_the_standard_says() {
    check("data: a\n\n", &[("message", "a")]);
    check("data:a\r\r", &[("message", "a")]);
    check("data:  a\r\n\r\n", &[("message", " a")]);
    check(
        "\u{feff}data: a\n\ndata: b\n\n",
        &[("message", "a"), ("message", "b")],
    );
    check("data: a\n\n\u{feff}data: b\n\n", &[("message", "a")]);
    check(
        "data: a\ndata\ndata: b\r\ndata:c\rdata: d\n\n",
        &[("message", "a\n\nb\nc\nd")],
    );
    check(
        ": hello\n:\nid: 1\nretry: 2\nother: x\nDATA: y\n data: z\n\n",
        &[],
    );
    check(
        "event: x\ndata: a\n\ndata: b\n\n",
        &[("x", "a"), ("message", "b")],
    );
    check("event: x\n\ndata: b\n\n", &[("message", "b")]);
    check("data\n\ndata:\n\n", &[("message", ""), ("message", "")]);
    check("data: a:b: c\n\n", &[("message", "a:b: c")]);
    check("data: never ended\n", &[]);
    check("\n\r\n\r", &[]);
}

#[test]
fn an_event_may_not_grow_past_the_limit() {
    let long = |text: &str| read(&[text.as_bytes()], 10);
    assert_eq!(long("data: aaaaaaaaaaaaaaa\n\n"), Err(TooLong(10)));
    assert_eq!(
        long("data:aaaa\ndata:bbbb\ndata:cccc\n\n"),
        Err(TooLong(10))
    );
    assert_eq!(long("event:aaaa\ndata:a\n\n").unwrap().len(), 1);
    assert_eq!(long(":bbbbbbbbbbbbbbbbb"), Err(TooLong(10)));
    assert_eq!(long(&"data:aaaa\n\n".repeat(50)).unwrap().len(), 50);
}

proptest! {
    #[test]
    fn any_split_of_the_bytes_gives_the_same_events(
        lines in prop::collection::vec(
            prop::sample::select(vec!["data: é{}", "data:", "event: x", ":c", "id: 1", "", "", "junk", "\u{feff}data: 1"]), 0..20),
        ends in prop::collection::vec(prop::sample::select(vec!["\n", "\r", "\r\n"]), 20),
        cuts in prop::collection::vec(0..200_usize, 0..12),
    ) {
        let text: String = lines.iter().zip(&ends).flat_map(|(line, end)| [*line, *end]).collect();
        let bytes = text.as_bytes();
        let whole = read(&[bytes], 1000).unwrap();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(&read(&pieces, 1000).unwrap(), &whole);
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(&read(&single, 1000).unwrap(), &whole);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(read(&[&bytes], 50));
    }
}
