//! Calls that are more than a request and an answer: backends that stream, and backends that ask.
//! Everything a client hears meanwhile goes over the stream of its own call, the result last.

use std::{pin::Pin, rc::Rc, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, header};
use serde_json::{Map, Value, value::RawValue};
use tokio::{
    sync::{mpsc, oneshot},
    task::spawn_local,
    time::{Instant, interval_at, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;

use super::{
    answer::{self, Received, Recipient},
    ask, authorize,
    decode::{Call, Wants},
    exchange,
    identify::Caller,
    judge::{Asking, Judged, Subject, judge},
    limit::{self, Admitted},
    raw_result::{self, CallContext},
    relay::{Heard, Relay},
    respond::Reply,
    running::Running,
    stream::{BUFFER, KEEP_ALIVE},
};
use crate::{
    backend::{client::BackendError, request::Outgoing, response::AnswerBody},
    context::{Core, unix_seconds},
    mcp::{
        level::Level,
        request_state::{self, Binding},
        sse,
        version::{Era, Version},
    },
    registry::{Registry, snapshot::CallOutcome},
    state::session::Session,
};

/// How often a backend may ask within one call.
const MAX_ROUNDS: usize = 8;

/// One call, owned: it may outlive the request that began it.
#[derive(Debug)]
pub struct Conversation {
    core: Rc<Core>,
    registry: Arc<Registry>,
    subject: Subject,
    id: Box<RawValue>,
    version: Version,
    session: Option<Arc<Session>>,
    caller: Caller,
    capabilities: Value,
    arguments: String,
    /// What the client wants to hear while it waits.
    pub wants: Wants,
    /// Whether it takes a stream for an answer.
    takes_events: bool,
    /// Cancelled by the client's `notifications/cancelled`.
    cancelled: CancellationToken,
}

/// A backend's answer, as far as it has come.
enum Turn {
    Whole(Received),
    Events(AnswerBody, Admitted, Instant),
}

impl Conversation {
    /// Takes over what a call needs after its request is gone.
    #[must_use]
    pub fn new(
        core: &Rc<Core>,
        registry: &Arc<Registry>,
        call: &Call<'_>,
        caller: &Caller,
        subject: Subject,
        arguments: &str,
    ) -> Self {
        Self {
            core: Rc::clone(core),
            registry: Arc::clone(registry),
            subject,
            id: call.id.to_owned(),
            version: call.version,
            session: call.session.clone(),
            caller: caller.clone(),
            capabilities: call.capabilities(),
            arguments: arguments.to_owned(),
            wants: call.wants(),
            takes_events: call.takes_events(),
            cancelled: call.cancelled.clone(),
        }
    }

    /// The state that a modern client brought back, unwrapped.
    ///
    /// # Errors
    /// Where it is not one of ours for this very call.
    pub fn unwrapped(&self, state: Option<&RawValue>) -> Result<Option<String>, &'static str> {
        let Some(state) = state else { return Ok(None) };
        let text = raw_result::text(Some(state)).ok_or("\"requestState\" must be a string")?;
        let identity = self.subject.identity();
        let state = request_state::unwrap(
            &text,
            self.binding(&identity),
            self.core.gateway.state.keys(),
            unix_seconds(),
        );
        state.map(Some).ok_or(
            "\"requestState\" is not one that this server gave for this call, or it is too old",
        )
    }

    /// The body of a call to a backend that speaks MCP back.
    #[must_use]
    pub fn body(&self, input_responses: Option<&str>, request_state: Option<&str>) -> Bytes {
        let context = CallContext {
            input_responses,
            request_state,
            progress_token: self.wants.progress.as_ref().map(|token| token.get()),
            log_level: self.wants.level.map(Level::as_str),
            client_capabilities: &self.capabilities.to_string(),
            version: self.version.as_str(),
        };
        Bytes::from(raw_result::call_body(
            self.subject.name(),
            &self.arguments,
            &context,
        ))
    }

    /// Sends the request and answers the call: with JSON where the backend's answer ends it, else with a stream.
    /// A task of its own goes on when the client hangs up, if it has to.
    pub async fn run(
        self,
        mut outgoing: Outgoing,
        permit: Admitted,
        running: Option<Running>,
    ) -> Reply {
        self.prepare(&mut outgoing);
        let (reply, first) = oneshot::channel();
        spawn_local(async move {
            self.whole(outgoing, permit, reply).await;
            drop(running);
        });
        first.await.unwrap_or(Reply::Accepted)
    }

    async fn whole(self, outgoing: Outgoing, permit: Admitted, mut reply: oneshot::Sender<Reply>) {
        // Hanging up ends a modern call; a legacy one goes on unless doing it again would be the same.
        let leaves_with_client =
            self.version.era() == Era::Modern || self.subject.plan().idempotent;
        let sent = tokio::select! {
            sent = self.send(&outgoing, permit) => sent,
            () = reply.closed(), if leaves_with_client => return,
            // The client said that it does not want the answer any more, so there is none.
            () = self.cancelled.cancelled() => return,
        };
        let turn = match sent {
            Ok(Turn::Whole(received)) => match self.shaped(received).await {
                Err(message) => {
                    let _left = reply.send(Reply::Json(self.failed(&message)));
                    return;
                }
                Ok(received) => match self.judge(&received) {
                    Judged::Final(message, outcome) => {
                        let _left = reply.send(Reply::Json(self.count(message, outcome)));
                        return;
                    }
                    Judged::Ask(_) => Turn::Whole(received),
                },
            },
            Ok(turn) => turn,
            Err(error) => {
                let _left = reply.send(Reply::Json(self.broken(&error)));
                return;
            }
        };
        let (events, receiver) = mpsc::channel(BUFFER);
        let _left = reply.send(Reply::Events(receiver));
        let message = tokio::select! {
            message = self.rounds(turn, outgoing, &events) => message,
            () = events.closed(), if leaves_with_client => return,
            () = self.cancelled.cancelled() => return,
            () = keep_alive(&events) => return,
        };
        // A client that left, or that reads nothing for so long, does not hear it; nothing else is lost.
        let patience = self.registry.server.client_timeout;
        let _left = timeout(patience, events.send(sse::event(None, &message))).await;
    }

    /// Asks for a stream where the client listens, and says what format the body has.
    fn prepare(&self, outgoing: &mut Outgoing) {
        if self.subject.is_mcp() {
            raw_result::call_headers(&mut outgoing.headers);
        }
        let accept = if self.takes_events {
            raw_result::ACCEPT
        } else {
            HeaderValue::from_static("*/*")
        };
        outgoing.headers.insert(header::ACCEPT, accept);
    }

    /// The answer as the tool's filter shapes it. Backends that ask have none, so no answer comes here twice.
    async fn shaped(&self, received: Received) -> Result<Received, String> {
        match &self.subject {
            Subject::Tool(tool) => exchange::filtered(&self.core, tool, received).await,
            Subject::Prompt(..) => Ok(received),
        }
    }

    async fn rounds(
        &self,
        mut turn: Turn,
        mut outgoing: Outgoing,
        events: &mpsc::Sender<Bytes>,
    ) -> Vec<u8> {
        let mut progress = f64::NEG_INFINITY;
        for round in 0.. {
            let received = match turn {
                Turn::Whole(received) => received,
                Turn::Events(body, permit, deadline) => {
                    match self.listen(body, deadline, events, &mut progress).await {
                        Ok(received) => {
                            drop(permit);
                            received
                        }
                        Err(message) => return self.failed(&message),
                    }
                }
            };
            let wanted = match self.judge(&received) {
                Judged::Final(message, outcome) => return self.count(message, outcome),
                Judged::Ask(wanted) => wanted,
            };
            let Some(session) = &self.session else {
                return self.failed("The call has no session to ask in.");
            };
            if round == MAX_ROUNDS {
                break;
            }
            let patience = self.registry.server.client_timeout;
            let answers = tokio::select! {
                answers = ask::client(session, &wanted, events, patience) => answers,
                () = session.ended.cancelled() => Err("The session ended before the client answered.".to_owned()),
                () = self.core.calls_end.cancelled() => Err(answer::failure_text(&BackendError::GoingDown)),
            };
            let answers = match answers {
                Ok(answers) => answers,
                Err(message) => return self.failed(&message),
            };
            turn = match self
                .again(&mut outgoing, answers, wanted.request_state.as_deref())
                .await
            {
                Ok(turn) => turn,
                Err(message) => return message,
            };
        }
        self.failed(&format!("The backend asked more than {MAX_ROUNDS} times."))
    }

    /// Calls the backend again with the client's answers.
    async fn again(
        &self,
        outgoing: &mut Outgoing,
        answers: Map<String, Value>,
        state: Option<&str>,
    ) -> Result<Turn, Vec<u8>> {
        outgoing.body = self.body(Some(&Value::Object(answers).to_string()), state);
        let tool = match &self.subject {
            Subject::Tool(tool) => Some(&**tool),
            Subject::Prompt(..) => None,
        };
        let permit = limit::admit(
            &self.core,
            &self.registry,
            tool,
            authorize::grant(&self.caller),
        );
        let permit = permit.map_err(|_| self.failed("The server is busy. Try again."))?;
        self.send(outgoing, permit)
            .await
            .map_err(|error| self.broken(&error))
    }

    async fn send(&self, outgoing: &Outgoing, permit: Admitted) -> Result<Turn, BackendError> {
        let plan = self.subject.plan();
        let opened = exchange::open(&self.core, plan, outgoing, permit).await?;
        let answer = &opened.answer;
        let wants = self.wants.progress.is_some() || self.wants.level.is_some();
        let listens = self.takes_events && (self.subject.is_mcp() || wants);
        if listens && answer.status.is_success() && answer.content_type() == "text/event-stream" {
            self.core
                .metrics
                .observe_backend(Ok(()), opened.started.elapsed());
            return Ok(Turn::Events(
                opened.answer.body,
                opened.permit,
                opened.deadline,
            ));
        }
        exchange::collect(&self.core, plan, opened)
            .await
            .map(Turn::Whole)
    }

    /// Relays events until the result is there.
    async fn listen(
        &self,
        mut body: AnswerBody,
        deadline: Instant,
        events: &mpsc::Sender<Bytes>,
        progress: &mut f64,
    ) -> Result<Received, String> {
        let plan = self.subject.plan();
        let mut relay = Relay::new(self.wants.clone(), plan.max_response_bytes, progress);
        loop {
            let frame =
                std::future::poll_fn(|cx| http_body::Body::poll_frame(Pin::new(&mut body), cx));
            let frame = tokio::select! {
                frame = timeout_at(deadline, frame) => frame,
                () = self.core.calls_end.cancelled() => return Err(answer::failure_text(&BackendError::GoingDown)),
            };
            let data = match frame {
                Err(_) => return Err(answer::failure_text(&BackendError::Timeout(plan.timeout))),
                Ok(Some(Err(error))) => {
                    return Err(answer::failure_text(&BackendError::Broken(error)));
                }
                Ok(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
                Ok(None) => return relay.end(),
            };
            let mut all_heard = Vec::new();
            let read = relay.hear(&data, &mut all_heard);
            for heard in all_heard {
                match heard {
                    // A reader that does not keep up misses notices, never the result.
                    Heard::Notice(message) => {
                        drop(events.try_send(sse::event(None, message.as_bytes())))
                    }
                    Heard::Result(received) => return Ok(received),
                }
            }
            read?;
        }
    }

    fn judge(&self, received: &Received) -> Judged {
        let identity = self.subject.identity();
        let wrap = |state: &str| {
            request_state::wrap(
                state,
                self.binding(&identity),
                self.core.gateway.state.keys(),
                unix_seconds(),
            )
        };
        let obstacle = match (&self.session, self.takes_events) {
            (None, _) => Some("it has no session"),
            (Some(_), false) => Some("it does not accept text/event-stream"),
            (Some(_), true) => None,
        };
        let asking = Asking {
            capabilities: &self.capabilities,
            obstacle,
            wrap: &wrap,
        };
        judge(&self.subject, self.recipient(), received, &asking)
    }

    fn binding<'a>(&'a self, identity: &'a str) -> Binding<'a> {
        Binding {
            object: identity,
            principal: self.caller.principal(),
            arguments: &self.arguments,
        }
    }

    fn recipient(&self) -> Recipient<'_> {
        Recipient {
            id: &self.id,
            version: self.version,
            server_meta: &self.registry.server.meta,
        }
    }

    fn broken(&self, error: &BackendError) -> Vec<u8> {
        let message = self
            .subject
            .failure(self.recipient(), &answer::failure_text(error));
        self.count(message, CallOutcome::BackendFailed)
    }

    fn failed(&self, message: &str) -> Vec<u8> {
        let message = self.subject.failure(self.recipient(), message);
        self.count(message, CallOutcome::ToolError)
    }

    fn count(&self, message: Vec<u8>, outcome: CallOutcome) -> Vec<u8> {
        if let Subject::Tool(tool) = &self.subject {
            tool.live.count(self.core.index, outcome);
        }
        message
    }
}

/// Keeps proxies from cutting the stream of a call whose backend or client takes its time.
async fn keep_alive(events: &mpsc::Sender<Bytes>) {
    let mut ticks = interval_at(Instant::now() + KEEP_ALIVE, KEEP_ALIVE);
    loop {
        ticks.tick().await;
        // A reader that is behind has something to read, which keeps the connection as well.
        drop(events.try_send(Bytes::from_static(sse::KEEP_ALIVE)));
    }
}
