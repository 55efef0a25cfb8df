//! Writes the CustomResourceDefinitions of the four kinds, as the types of `shared::crd` say. Talks to no cluster.

use std::{fs, io::Write, path::PathBuf};

use anyhow::Context;
use clap::Parser;
use shared::crd::definition_files;

/// Writes the CustomResourceDefinitions of the four kinds as YAML
#[derive(Debug, Parser)]
#[command(name = "crdgen", version)]
struct Args {
    /// Folder to write the files to, or - to print them all
    #[arg(env = "MCP_CRD_DIR", default_value = "charts/mcp-operator/files/crds")]
    folder: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let Args { folder } = Args::parse();
    let files = definition_files().context("cannot write the definitions as YAML")?;
    if folder.as_os_str() == "-" {
        let texts: Vec<String> = files.into_iter().map(|file| file.text).collect();
        return std::io::stdout()
            .write_all(texts.join("---\n").as_bytes())
            .context("cannot print the definitions");
    }
    fs::create_dir_all(&folder)
        .with_context(|| format!("cannot create the folder {}", folder.display()))?;
    for file in files {
        let path = folder.join(&file.name);
        fs::write(&path, &file.text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
