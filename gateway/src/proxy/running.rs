//! Calls on their way, as their session knows them: what `notifications/cancelled` looks up.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::decode::Call;
use crate::state::session::Session;

/// A call that its session can cancel; forgotten when dropped.
#[derive(Debug)]
pub struct Running {
    session: Arc<Session>,
    id: String,
}

impl Running {
    /// Makes a call known to its session, if it has one.
    #[must_use]
    pub fn begin(call: &Call<'_>) -> Option<Self> {
        let session = Arc::clone(call.session.as_ref()?);
        let id = call.id.get().to_owned();
        session
            .record()
            .calls
            .insert(id.clone(), CancellationToken::clone(&call.cancelled));
        Some(Self { session, id })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.session.record().calls.remove(&self.id);
    }
}
