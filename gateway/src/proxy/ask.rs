//! Asking a legacy client: requests of the server on the stream of the call, answers on POSTs of their own.
//! Ids are random and belong to one session, so nobody else can answer.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bytes::Bytes;
use serde_json::{Map, Value};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout_at},
};

use super::raw_result::InputRequired;
use crate::{
    backend::client::random_id,
    mcp::sse,
    state::session::{ClientAnswer, Session},
};

/// Puts all questions and waits for all answers, by the backend's keys.
///
/// # Errors
/// Why there are no answers, for the model to read.
pub async fn client(
    session: &Arc<Session>,
    wanted: &InputRequired,
    events: &mpsc::Sender<Bytes>,
    patience: Duration,
) -> Result<Map<String, Value>, String> {
    let deadline = Instant::now() + patience;
    let mut waiting = BTreeMap::new();
    for (key, request) in &wanted.input_requests {
        let id = random_id();
        let (answered, answer) = oneshot::channel();
        session.record().pending.insert(id.clone(), answered);
        waiting.insert(
            key,
            (
                Question {
                    session: Arc::clone(session),
                    id: id.clone(),
                },
                answer,
            ),
        );
        let event = sse::event(None, &request.as_request(&id, session.id.version));
        timeout_at(deadline, events.send(event))
            .await
            .map_err(|_| late(patience))?
            .map_err(|_| "The client left before it could be asked.".to_owned())?;
    }
    let mut answers = Map::new();
    for (key, (question, answer)) in waiting {
        let answer = timeout_at(deadline, answer).await;
        drop(question);
        let answer = answer.map_err(|_| late(patience))?;
        match answer {
            Ok(ClientAnswer::Result(result)) if result.is_object() => {
                answers.insert(key.clone(), result);
            }
            Ok(ClientAnswer::Result(_)) => {
                return Err(format!(
                    "The client's answer to \"{key}\" is not an object."
                ));
            }
            Ok(ClientAnswer::Error(error)) => {
                let message = error
                    .get("message")
                    .and_then(Value::as_str)
                    .unwrap_or("no reason given");
                return Err(format!(
                    "The client refused to answer \"{key}\": {message}."
                ));
            }
            Err(_) => return Err("The session ended before the client answered.".to_owned()),
        }
    }
    Ok(answers)
}

fn late(patience: Duration) -> String {
    format!(
        "The client did not answer within {}.",
        humantime::format_duration(patience)
    )
}

/// A question that is open; closing it makes later answers mean nothing.
#[derive(Debug)]
struct Question {
    session: Arc<Session>,
    id: String,
}

impl Drop for Question {
    fn drop(&mut self) {
        self.session.record().pending.remove(&self.id);
    }
}
