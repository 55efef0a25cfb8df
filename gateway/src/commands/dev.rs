//! `dev`: files in, a gateway out, until somebody ends it.

use anyhow::Context as _;
use shared::runtime::{shutdown, telemetry};

use super::{print, summary};
use crate::{
    app::{self, Settings},
    args::DevArgs,
    registry::files::{FileSource, Loaded},
    server,
};

/// Serves until told to end.
///
/// # Errors
/// Where the files cannot be read, a port is taken, or the system gives no threads.
pub fn run(args: DevArgs) -> anyhow::Result<()> {
    let DevArgs {
        source,
        listen,
        cores,
        drain_delay,
        shutdown_grace,
        admin,
        log,
    } = args;
    telemetry::init(&log)?;
    server::raise_file_limit();
    let mut files = FileSource::new(source.options())?;
    let loaded = files.load();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let settings = Settings {
        listen,
        admin_listen: admin.admin_listen,
        cores: cores.map_or_else(app::available_cores, usize::from),
        drain_delay,
        shutdown_grace,
    };
    runtime.block_on(async {
        let shutdown = shutdown::token().context("failed to listen for signals")?;
        let running = app::App::start(settings, &loaded.objects).await?;
        print(&summary::of(&running, &loaded))?;
        let gateway = running.gateway();
        let on_load = {
            let cores = running.cores();
            move |loaded: Loaded| reload(&gateway, cores, &loaded)
        };
        let watching = tokio::spawn(crate::registry::files::watch(
            files,
            on_load,
            shutdown.clone(),
        ));
        running.until(shutdown).await?;
        watching.abort();
        Ok(())
    })
}

/// Puts in place what the files say now, and tells what is wrong with them.
fn reload(gateway: &crate::context::Gateway, cores: usize, loaded: &Loaded) {
    if loaded.changed {
        app::publish(gateway, &loaded.objects, cores);
    }
    let registry = gateway.registry.load();
    if loaded.changed || loaded.findings_changed {
        summary::log(&registry, loaded);
    }
}
