//! The files as each of their MCPServers sees them, read once. For judging them all; one that serves is one server.

use super::{FileOptions, FileSource, Loaded, SourceError, entry::Subject};
use crate::registry::objects::ObjectRef;

impl FileSource {
    /// What the files say to each MCPServer in them that is fit to be one, in the order of their names: to the one that
    /// `options` name alone, and to none in particular where there is none.
    ///
    /// # Errors
    /// As [`FileSource::new`], but several servers are no error.
    pub fn for_each_server(options: FileOptions) -> Result<Vec<Loaded>, SourceError> {
        let mut source = Self::open(options)?;
        let servers = source.fit_servers();
        if source.options.server.is_some() || servers.is_empty() {
            let (loaded, choice) = source.assemble();
            if source.options.server.is_some() {
                choice?;
            }
            return Ok(vec![loaded]);
        }
        let mut all = Vec::with_capacity(servers.len());
        for server in servers {
            source.options.server = Some(format!("{}/{}", server.namespace, server.name));
            all.push(source.assemble().0);
        }
        Ok(all)
    }

    fn fit_servers(&self) -> Vec<ObjectRef> {
        let mut servers: Vec<ObjectRef> = self
            .files
            .values()
            .flat_map(|state| &state.entries)
            .filter(|entry| matches!(entry.subject, Subject::Server(_)))
            .filter_map(|entry| entry.name.clone())
            .collect();
        servers.sort();
        servers.dedup();
        servers
    }
}
