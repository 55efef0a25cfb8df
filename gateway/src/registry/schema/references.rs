//! Where the references of a schema lead: those that never end are found before anything is judged by them, and so are
//! chains that would take the stack, and schemas that would take for ever to say all that is wrong with a value.
//! Where a reference could mean two places, both are followed; nothing outside the document is.

use percent_encoding::percent_decode_str;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

use super::keywords::{Judges, inner};

/// Schemas that may judge one value in a chain, each named by the one before. Times the depth of a value this is the
/// depth of the validator's stack.
const MAX_CHAIN: usize = 32;
/// Of these, how many may ask for what the others have not looked at: each makes them look again.
const MAX_UNEVALUATED: usize = 4;
/// Paths longer than this are not counted to their end.
const COUNTED_DEPTH: usize = 256;

/// How many schemas may have to look at a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Effort {
    /// In the longest chain at one level of the value.
    pub(super) chain: usize,
    /// At each level of the value.
    pub(super) per_level: u64,
    /// At all levels together; as good as infinite where the schema refers to itself.
    pub(super) whole: u64,
}

/// Follows all references.
///
/// # Errors
/// Names the one that never ends, or the limit that is passed, and says what to do.
pub(super) fn survey(root: &Value) -> Result<Effort, String> {
    let mut document = Document::new(root);
    let all = document.all_schemas();
    let mut walk = SameValueWalk {
        document: &document,
        open: FxHashSet::default(),
        done: FxHashMap::default(),
    };
    let (mut chain, mut per_level) = (1, 1);
    for schema in all {
        let found = walk.visit(schema)?;
        chain = found.chain.max(chain);
        per_level = found.branches.max(per_level);
    }
    let mut whole = WholeWalk {
        document: &document,
        open: FxHashSet::default(),
        done: FxHashMap::default(),
    };
    Ok(Effort {
        chain,
        per_level,
        whole: whole.visit(root),
    })
}

/// Tells one schema of the document from another: equal ones at different places may mean different things.
fn address(schema: &Value) -> usize {
    std::ptr::from_ref(schema).addr()
}

/// A schema document with what references can name.
struct Document<'s> {
    root: &'s Value,
    /// The resource (RFC 3986 base) that each schema belongs to.
    resources: FxHashMap<usize, &'s Value>,
    identifiers: Vec<(&'s str, &'s Value)>,
    anchors: Vec<(&'s str, &'s Value)>,
    found: Vec<&'s Value>,
}

impl<'s> Document<'s> {
    fn new(root: &'s Value) -> Self {
        let mut document = Self {
            root,
            resources: FxHashMap::default(),
            identifiers: Vec::new(),
            anchors: Vec::new(),
            found: Vec::new(),
        };
        document.index(root, root);
        document
    }

    /// Notes a schema and all inside it.
    fn index(&mut self, schema: &'s Value, resource: &'s Value) {
        if self.resources.contains_key(&address(schema)) {
            return;
        }
        let Value::Object(members) = schema else {
            return;
        };
        let text = |keyword: &str| members.get(keyword).and_then(Value::as_str);
        let identifier = text("$id").or_else(|| text("id"));
        let resource = match identifier.map(|identifier| identifier.split_once('#')) {
            // Up to draft 7 an anchor is written as an identifier.
            Some(Some(("", anchor))) if !anchor.is_empty() => {
                self.anchors.push((anchor, schema));
                resource
            }
            Some(_) => {
                let identifier = identifier.unwrap_or_default().trim_end_matches('#');
                self.identifiers.push((identifier, schema));
                schema
            }
            None => resource,
        };
        for keyword in ["$anchor", "$dynamicAnchor"] {
            self.anchors
                .extend(text(keyword).map(|anchor| (anchor, schema)));
        }
        self.resources.insert(address(schema), resource);
        self.found.push(schema);
        for (_, schema) in inner(members) {
            self.index(schema, resource);
        }
    }

    /// Every schema, those included that stand where only a reference makes them one.
    fn all_schemas(&mut self) -> Vec<&'s Value> {
        let mut next = 0;
        while let Some(schema) = self.found.get(next).copied() {
            next += 1;
            let resource = self.resource_of(schema);
            for (_, target) in self.targets(schema) {
                self.index(target, resource);
            }
        }
        self.found.clone()
    }

    fn resource_of(&self, schema: &Value) -> &'s Value {
        self.resources
            .get(&address(schema))
            .copied()
            .unwrap_or(self.root)
    }

    /// What the references directly in `schema` may lead to, with their text.
    fn targets(&self, schema: &'s Value) -> Vec<(&'s str, &'s Value)> {
        let mut targets = Vec::new();
        for keyword in ["$ref", "$dynamicRef", "$recursiveRef"] {
            if let Some(reference) = schema.get(keyword).and_then(Value::as_str) {
                let resolved = self.resolve(reference, self.resource_of(schema));
                targets.extend(resolved.into_iter().map(|target| (reference, target)));
            }
        }
        targets
    }

    fn resolve(&self, reference: &str, resource: &'s Value) -> Vec<&'s Value> {
        let (uri, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let mut bases: Vec<&'s Value> = if uri.is_empty() {
            vec![resource, self.root]
        } else {
            let last = |uri: &str| uri.rsplit('/').next().map(str::to_owned);
            let named = self.identifiers.iter();
            named
                .filter(|(identifier, _)| *identifier == uri || last(identifier) == last(uri))
                .map(|(_, schema)| *schema)
                .collect()
        };
        bases.dedup_by_key(|schema| address(schema));
        let fragment = percent_decode_str(fragment).decode_utf8_lossy();
        if fragment.is_empty() {
            bases.truncate(if uri.is_empty() { 1 } else { bases.len() });
            return bases;
        }
        if fragment.starts_with('/') {
            let pointed = bases.into_iter().filter_map(|base| base.pointer(&fragment));
            return pointed.collect();
        }
        // A dynamic reference may lead to any anchor of its name, so all of them are followed.
        let named = self
            .anchors
            .iter()
            .filter(|(anchor, _)| *anchor == fragment);
        named.map(|(_, schema)| *schema).collect()
    }
}

/// What is known of the schemas that judge one value together, from one of them on.
#[derive(Clone, Copy)]
struct SameValue {
    /// The longest chain of them.
    chain: usize,
    /// The most of them in one chain that have `unevaluatedProperties` or `unevaluatedItems`.
    unevaluated: usize,
    /// How many ways there are to their ends.
    branches: u64,
}

struct SameValueWalk<'d, 's> {
    document: &'d Document<'s>,
    open: FxHashSet<usize>,
    done: FxHashMap<usize, SameValue>,
}

impl<'s> SameValueWalk<'_, 's> {
    fn visit(&mut self, schema: &'s Value) -> Result<SameValue, String> {
        if let Some(done) = self.done.get(&address(schema)) {
            return Ok(*done);
        }
        let Value::Object(members) = schema else {
            return Ok(SameValue {
                chain: 1,
                unevaluated: 0,
                branches: 1,
            });
        };
        self.open.insert(address(schema));
        let inside = inner(members);
        let goes_deeper = inside
            .iter()
            .any(|(judges, _)| *judges == Judges::PartOfValue);
        let same_value = inside
            .into_iter()
            .filter(|(judges, _)| *judges == Judges::SameValue)
            .map(|(_, schema)| ("", schema));
        let (mut chain, mut unevaluated, mut branches) = (0, 0, 0_u64);
        for (reference, next) in same_value.chain(self.document.targets(schema)) {
            if self.open.contains(&address(next)) {
                return Err(format!(
                    "$ref \"{reference}\" leads back to itself without going deeper into the value, so it never ends; put it under properties or items"
                ));
            }
            if self.open.len() >= MAX_CHAIN {
                return Err(too_long());
            }
            let next = self.visit(next)?;
            chain = chain.max(next.chain);
            unevaluated = unevaluated.max(next.unevaluated);
            branches = branches.saturating_add(next.branches);
        }
        self.open.remove(&address(schema));
        if chain >= MAX_CHAIN {
            return Err(too_long());
        }
        let looks_again = ["unevaluatedProperties", "unevaluatedItems"];
        unevaluated += usize::from(
            looks_again
                .iter()
                .any(|keyword| members.contains_key(*keyword)),
        );
        if unevaluated > MAX_UNEVALUATED {
            return Err(format!(
                "more than {MAX_UNEVALUATED} schemas with unevaluatedProperties or unevaluatedItems judge one value in a chain; keep the outermost"
            ));
        }
        let found = SameValue {
            chain: chain + 1,
            unevaluated,
            branches: branches.saturating_add(u64::from(goes_deeper)).max(1),
        };
        self.done.insert(address(schema), found);
        Ok(found)
    }
}

fn too_long() -> String {
    format!(
        "more than {MAX_CHAIN} schemas judge one value in a chain of $ref, allOf and the like; refer to the last one directly"
    )
}

struct WholeWalk<'d, 's> {
    document: &'d Document<'s>,
    open: FxHashSet<usize>,
    done: FxHashMap<usize, u64>,
}

impl<'s> WholeWalk<'_, 's> {
    fn visit(&mut self, schema: &'s Value) -> u64 {
        if let Some(done) = self.done.get(&address(schema)) {
            return *done;
        }
        let Value::Object(members) = schema else {
            return 1;
        };
        if self.open.len() >= COUNTED_DEPTH || !self.open.insert(address(schema)) {
            return u64::MAX;
        }
        let inside = inner(members)
            .into_iter()
            .filter(|(judges, _)| *judges != Judges::Nothing)
            .map(|(_, schema)| schema);
        let targets = self.document.targets(schema);
        let mut count = 1_u64;
        for next in inside.chain(targets.into_iter().map(|(_, target)| target)) {
            count = count.saturating_add(self.visit(next));
        }
        self.open.remove(&address(schema));
        self.done.insert(address(schema), count);
        count
    }
}
