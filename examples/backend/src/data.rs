//! What the service knows: twenty repositories and four documents.

use serde::Serialize;

/// A repository, found by words of its name and topics.
#[derive(Debug, Serialize)]
pub(crate) struct Item {
    pub(crate) id: usize,
    pub(crate) name: &'static str,
    pub(crate) stars: u32,
    pub(crate) url: &'static str,
    /// In lower case, as the search expects it.
    #[serde(skip)]
    pub(crate) words: &'static str,
}

/// A document in Markdown.
pub(crate) struct Document {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) markdown: &'static str,
}

const fn item(
    id: usize,
    name: &'static str,
    stars: u32,
    url: &'static str,
    words: &'static str,
) -> Item {
    Item {
        id,
        name,
        stars,
        url,
        words,
    }
}

pub(crate) static ITEMS: [Item; 20] = [
    item(
        1,
        "kubernetes/kubernetes",
        119000,
        "https://github.com/kubernetes/kubernetes",
        "kubernetes/kubernetes containers orchestration cluster",
    ),
    item(
        2,
        "kubernetes/minikube",
        31000,
        "https://github.com/kubernetes/minikube",
        "kubernetes/minikube kubernetes local cluster",
    ),
    item(
        3,
        "kubernetes-sigs/kind",
        15000,
        "https://github.com/kubernetes-sigs/kind",
        "kubernetes-sigs/kind kubernetes in docker local cluster test",
    ),
    item(
        4,
        "kubernetes-sigs/gateway-api",
        2200,
        "https://github.com/kubernetes-sigs/gateway-api",
        "kubernetes-sigs/gateway-api kubernetes gateway ingress routing",
    ),
    item(
        5,
        "helm/helm",
        28500,
        "https://github.com/helm/helm",
        "helm/helm kubernetes charts package manager",
    ),
    item(
        6,
        "k3s-io/k3s",
        31200,
        "https://github.com/k3s-io/k3s",
        "k3s-io/k3s kubernetes lightweight cluster",
    ),
    item(
        7,
        "kube-rs/kube",
        3500,
        "https://github.com/kube-rs/kube",
        "kube-rs/kube kubernetes rust client operator controller",
    ),
    item(
        8,
        "argoproj/argo-cd",
        21000,
        "https://github.com/argoproj/argo-cd",
        "argoproj/argo-cd kubernetes gitops deployment",
    ),
    item(
        9,
        "prometheus/prometheus",
        61000,
        "https://github.com/prometheus/prometheus",
        "prometheus/prometheus metrics monitoring alerts time series",
    ),
    item(
        10,
        "grafana/grafana",
        71000,
        "https://github.com/grafana/grafana",
        "grafana/grafana dashboards metrics monitoring",
    ),
    item(
        11,
        "envoyproxy/envoy",
        26800,
        "https://github.com/envoyproxy/envoy",
        "envoyproxy/envoy proxy gateway service mesh",
    ),
    item(
        12,
        "nginx/nginx",
        28000,
        "https://github.com/nginx/nginx",
        "nginx/nginx proxy web server gateway",
    ),
    item(
        13,
        "redis/redis",
        72000,
        "https://github.com/redis/redis",
        "redis/redis database cache sessions",
    ),
    item(
        14,
        "etcd-io/etcd",
        50500,
        "https://github.com/etcd-io/etcd",
        "etcd-io/etcd database consensus key value",
    ),
    item(
        15,
        "rust-lang/rust",
        108000,
        "https://github.com/rust-lang/rust",
        "rust-lang/rust language compiler systems",
    ),
    item(
        16,
        "tokio-rs/tokio",
        30500,
        "https://github.com/tokio-rs/tokio",
        "tokio-rs/tokio rust async runtime",
    ),
    item(
        17,
        "hyperium/hyper",
        15800,
        "https://github.com/hyperium/hyper",
        "hyperium/hyper rust http client server",
    ),
    item(
        18,
        "serde-rs/serde",
        10200,
        "https://github.com/serde-rs/serde",
        "serde-rs/serde rust serialization json",
    ),
    item(
        19,
        "modelcontextprotocol/rust-sdk",
        2700,
        "https://github.com/modelcontextprotocol/rust-sdk",
        "modelcontextprotocol/rust-sdk rust mcp client server tools agents",
    ),
    item(
        20,
        "modelcontextprotocol/inspector",
        7900,
        "https://github.com/modelcontextprotocol/inspector",
        "modelcontextprotocol/inspector mcp client testing tools agents",
    ),
];

pub(crate) static DOCUMENTS: [Document; 4] = [
    Document {
        id: "getting-started",
        title: "Getting started",
        markdown: "# Getting started\n\nStart the service, then read the guide.\n",
    },
    Document {
        id: "guide",
        title: "Guide",
        markdown: "# Guide\n\nSend `POST /api/search` with a `query`, and read the items.\n",
    },
    Document {
        id: "faq",
        title: "Questions and answers",
        markdown: "# Questions and answers\n\n**Where is the data?** In memory; nothing changes it.\n",
    },
    Document {
        id: "changelog",
        title: "Changes",
        markdown: "# Changes\n\n* 0.1.0: the first version.\n",
    },
];

/// The item with this id, written as in a path.
pub(crate) fn find_item(id: &str) -> Option<&'static Item> {
    let id: usize = id.parse().ok()?;
    ITEMS.iter().find(|item| item.id == id)
}

/// The document with this id.
pub(crate) fn find_document(id: &str) -> Option<&'static Document> {
    DOCUMENTS.iter().find(|document| document.id == id)
}

#[cfg(test)]
mod tests {
    use super::{ITEMS, find_document, find_item};

    #[test]
    fn ids_run_from_1_to_20() {
        assert_eq!(find_item("1").map(|item| item.id), Some(1));
        assert_eq!(find_item("20").map(|item| item.id), Some(20));
        for unknown in ["0", "21", "-1", "one", "", "99999999999999999999999"] {
            assert!(find_item(unknown).is_none(), "{unknown}");
        }
    }

    #[test]
    fn documents_are_found_by_id() {
        assert!(find_document("guide").is_some());
        assert!(find_document("Guide").is_none());
    }

    #[test]
    fn every_item_is_found_by_its_own_name() {
        for item in &ITEMS {
            assert!(item.words.contains(item.name.rsplit('/').next().unwrap()));
            assert_eq!(item.words, item.words.to_lowercase());
        }
    }
}
