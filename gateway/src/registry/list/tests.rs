//! Pages, cursors and fingerprints of lists.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use super::{Entry, List, Page};
use crate::mcp::version::Era;

fn list(entries: &[(String, Entry)]) -> List {
    let sorted = entries.iter();
    List::new(sorted.map(|(key, entry)| (Arc::from(key.as_str()), entry)))
}

fn numbers(count: usize) -> Vec<(String, Entry)> {
    let entry = |index| {
        let text = format!("{index:05}");
        (text.clone(), Entry::same(text.into_bytes()))
    };
    (0..count).map(entry).collect()
}

/// The entries of every page, from the first on.
fn pages(list: &List, era: Era) -> Vec<String> {
    let mut pages = Vec::new();
    let mut after = None;
    loop {
        let page = list.page(era, after);
        pages.push(String::from_utf8(page.entries.to_vec()).unwrap());
        after = page.next;
        if after.is_none() {
            return pages;
        }
    }
}

#[test]
fn an_empty_list_has_one_empty_page() {
    let empty = list(&[]);
    let page = Page {
        entries: b"",
        next: None,
    };
    assert_eq!(empty.page(Era::Modern, None), page);
    assert_eq!(empty.page(Era::Legacy, Some("anything")), page);
    assert_eq!((empty.len(), empty.is_empty()), (0, true));
}

#[test]
fn pages_hold_a_thousand_entries_and_together_all_of_them_once() {
    let check = |count: usize, expected: &[usize]| {
        let list = list(&numbers(count));
        for era in [Era::Legacy, Era::Modern] {
            let pages = pages(&list, era);
            let sizes: Vec<usize> = pages.iter().map(|page| page.split(',').count()).collect();
            assert_eq!(sizes, expected);
            let all: Vec<String> = (0..count).map(|index| format!("{index:05}")).collect();
            assert_eq!(pages.join(","), all.join(","));
        }
    };
    check(1, &[1]);
    check(999, &[999]);
    check(1_000, &[1_000]);
    check(1_001, &[1_000, 1]);
    check(2_500, &[1_000, 1_000, 500]);
}

#[test]
fn a_page_ends_before_a_mebibyte_unless_one_entry_is_larger() {
    let entry = |name: &str, size: usize| (name.to_owned(), Entry::same(vec![b'1'; size]));
    let check = |sizes: &[usize], expected: &[usize]| {
        let entries: Vec<_> = sizes
            .iter()
            .enumerate()
            .map(|(index, size)| entry(&index.to_string(), *size))
            .collect();
        let pages = pages(&list(&entries), Era::Modern);
        let sizes: Vec<usize> = pages.iter().map(String::len).collect();
        assert_eq!(sizes, expected);
    };
    const MEBIBYTE: usize = 1 << 20;
    check(&[MEBIBYTE], &[MEBIBYTE]);
    check(&[MEBIBYTE / 2, MEBIBYTE / 2 - 1], &[MEBIBYTE]);
    check(&[MEBIBYTE / 2, MEBIBYTE / 2], &[MEBIBYTE / 2, MEBIBYTE / 2]);
    check(&[1, 3 * MEBIBYTE, 1], &[1, 3 * MEBIBYTE, 1]);
}

#[test]
fn a_cursor_works_though_its_entry_is_gone() {
    let entries = numbers(5);
    let all = list(&entries);
    let check = |after: &str, expected: &str| {
        let page = all.page(Era::Modern, Some(after));
        assert_eq!(
            (std::str::from_utf8(page.entries).unwrap(), page.next),
            (expected, None)
        );
    };
    check("00001", "00002,00003,00004");
    check("00001x", "00002,00003,00004");
    check("", "00000,00001,00002,00003,00004");
    check("00004", "");
    check("zzz", "");
}

#[test]
fn each_era_gets_its_own_bytes() {
    let both = |legacy: &str, modern: &str| {
        Entry::new(legacy.as_bytes().to_vec(), modern.as_bytes().to_vec())
    };
    let check = |entries: &[Entry], legacy: &str, modern: &str| {
        let entries: Vec<_> = entries
            .iter()
            .enumerate()
            .map(|(index, entry)| (index.to_string(), entry.clone()))
            .collect();
        let list = list(&entries);
        assert_eq!(pages(&list, Era::Legacy), [legacy]);
        assert_eq!(pages(&list, Era::Modern), [modern]);
    };
    check(&[both("1", "1"), both("2", "2")], "1,2", "1,2");
    check(
        &[both("1", "1"), both("x", "2"), both("3", "3")],
        "1,x,3",
        "1,2,3",
    );
    check(&[both("x", "1")], "x", "1");
    check(&[both("1", "1"), both("x", "22")], "1,x", "1,22");
}

#[test]
fn the_fingerprint_changes_with_the_visible_list_and_only_then() {
    let fingerprint = |entries: &[(&str, &str, &str)]| {
        let entries: Vec<_> = entries
            .iter()
            .map(|(key, legacy, modern)| {
                let entry = Entry::new(legacy.as_bytes().to_vec(), modern.as_bytes().to_vec());
                ((*key).to_owned(), entry)
            })
            .collect();
        list(&entries).fingerprint
    };
    let first = fingerprint(&[("a", "1", "1"), ("b", "2", "2")]);
    assert_eq!(first, fingerprint(&[("a", "1", "1"), ("b", "2", "2")]));
    for other in [
        &[][..],
        &[("a", "1", "1")],
        &[("b", "2", "2"), ("a", "1", "1")],
        &[("a", "1", "1"), ("b", "2", "3")],
        &[("a", "1", "1"), ("b", "3", "2")],
        &[("a", "12", "12"), ("b", "", "")],
        &[("a", "1", "1"), ("b", "2", "2"), ("c", "3", "3")],
    ] {
        assert_ne!(first, fingerprint(other), "{other:?}");
    }
}
