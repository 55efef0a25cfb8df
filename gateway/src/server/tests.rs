//! Which core a connection goes to.

use std::{sync::atomic::Ordering, time::Duration};

use super::*;
use crate::{app, fixtures};

async fn until_open(cores: &Cores, count: usize) {
    while cores.connections() != count {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn spread(cores: &Cores) -> Vec<usize> {
    let count = |core: &CoreHandle| core.connections.load(Ordering::Relaxed);
    cores.each.iter().map(count).collect()
}

#[test]
fn each_connection_goes_to_the_core_with_the_fewest() {
    fixtures::on_a_core(async {
        let gateway = Arc::new(app::gateway(&fixtures::objects("", None), 3).unwrap());
        let workers = Workers::start(&gateway, 3).unwrap();
        let cores = workers.cores.clone();
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let accepting = CancellationToken::new();
        let (acceptor, end) = (cores.clone(), accepting.clone());
        spawn_local(async move { acceptor.accept(listener, end).await });

        let mut clients = Vec::new();
        for count in 1..=9 {
            clients.push(tokio::net::TcpStream::connect(address).await.unwrap());
            until_open(&cores, count).await;
        }
        assert_eq!(spread(&cores), [3, 3, 3]);
        // The first core's leave; the next ones go there alone.
        for index in [6, 3, 0] {
            drop(clients.remove(index));
        }
        until_open(&cores, 6).await;
        assert_eq!(spread(&cores), [0, 3, 3]);
        for count in 7..=9 {
            clients.push(tokio::net::TcpStream::connect(address).await.unwrap());
            until_open(&cores, count).await;
        }
        assert_eq!(spread(&cores), [3, 3, 3]);

        accepting.cancel();
        workers.stop(Instant::now() + Duration::from_secs(10)).await;
        assert_eq!((cores.connections(), spread(&cores)), (0, vec![0, 0, 0]));
    });
}
