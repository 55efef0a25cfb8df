//! The definitions as the YAML files that the chart carries. It makes text; writing it somewhere is for `crdgen`.

use serde_saphyr::{SerializerOptions, ser};

use super::definition::definitions;

/// One file of the chart's folder of definitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionFile {
    /// Its name, such as `mcptools.yaml`.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The four files, in the order of [`definitions`].
///
/// # Errors
/// When a definition cannot be written as YAML.
pub fn definition_files() -> Result<Vec<DefinitionFile>, ser::Error> {
    definitions()
        .iter()
        .map(|definition| {
            let plural = definition["spec"]["names"]["plural"]
                .as_str()
                .unwrap_or_default();
            let yaml = serde_saphyr::to_string_with_options(definition, options())?;
            let text = format!(
                "# Written by crdgen from the types of crate shared; change those instead.\n{yaml}"
            );
            Ok(DefinitionFile {
                name: format!("{plural}.yaml"),
                text,
            })
        })
        .collect()
}

/// Long texts stay on one line each: a changed word is then a changed line, and nothing depends on folding.
fn options() -> SerializerOptions {
    serde_saphyr::ser_options! { prefer_block_scalars: false }
}
