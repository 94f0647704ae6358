//! What carries requests to other machines: the network, the network over TLS, and a simulated one.
//!
//! TLS is that of `hyper-rustls` with the rustls and ring that the database's driver has brought; it adds two small crates.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Request, Response};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{Connect, HttpConnector},
    },
    rt::TokioExecutor,
};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

/// A response with its whole body, or why there is none.
pub type Carried<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, String>> + Send + 'a>>;

/// Carries a request and brings its response back.
pub trait Carrier: Send + Sync {
    /// A response of at most so many bytes, within `patience`. `Err` says nothing about whether the request arrived.
    fn carry(&self, request: Request<Bytes>, bytes_max: usize, patience: Duration) -> Carried<'_>;
}

/// The network: an HTTP client that keeps its connections.
pub struct Network {
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Default for Network {
    fn default() -> Self {
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_idle_timeout(Duration::from_secs(30)).pool_max_idle_per_host(512);
        Self { client: builder.build(connector()) }
    }
}

impl Carrier for Network {
    fn carry(&self, request: Request<Bytes>, bytes_max: usize, patience: Duration) -> Carried<'_> {
        carried(&self.client, request, bytes_max, patience)
    }
}

/// The network beyond this organisation's lines: addresses with `https://` over TLS, which knows whom it speaks to. Others are carried as they
/// are; whoever asks decides whether to.
pub struct SecureNetwork {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl SecureNetwork {
    /// It trusts those whom all browsers trust, or else only whom these certificates (PEM) vouch for: an organisation's own authority.
    ///
    /// # Errors
    /// A sentence for the operator, if the certificates cannot be read.
    pub fn new(authorities: Option<&[u8]>) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        match authorities {
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Some(pem) => {
                for certificate in CertificateDer::pem_slice_iter(pem) {
                    let certificate = certificate.map_err(|error| error.to_string())?;
                    roots.add(certificate).map_err(|error| error.to_string())?;
                }
                if roots.is_empty() {
                    return Err("no certificate in PEM".to_owned());
                }
            }
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut plain = connector();
        plain.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(config)
            .https_or_http()
            .enable_http1()
            .wrap_connector(plain);
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_idle_timeout(Duration::from_secs(30)).pool_max_idle_per_host(4);
        Ok(Self { client: builder.build(connector) })
    }
}

impl Carrier for SecureNetwork {
    fn carry(&self, request: Request<Bytes>, bytes_max: usize, patience: Duration) -> Carried<'_> {
        carried(&self.client, request, bytes_max, patience)
    }
}

fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(Duration::from_secs(3)));
    connector
}

fn carried<C: Connect + Clone + Send + Sync + 'static>(
    client: &Client<C, Full<Bytes>>,
    request: Request<Bytes>,
    bytes_max: usize,
    patience: Duration,
) -> Carried<'_> {
    let exchange = async move {
        let response = client.request(request.map(Full::new)).await.map_err(|error| error.to_string())?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, bytes_max);
        let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
        Ok(Response::from_parts(head, body))
    };
    Box::pin(async move {
        let answered = tokio::time::timeout(patience, exchange).await;
        answered.unwrap_or_else(|_| Err(format!("no answer in {patience:?}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::{ServerConfig, pki_types::PrivateKeyDer};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };
    use tokio_rustls::TlsAcceptor;

    /// An authority that vouches for `localhost` and is known to these tests alone; its own key is thrown away.
    const AUTHORITY: &[u8] = include_bytes!("loopback/authority.pem");

    /// A server at `localhost` that says one thing, or answers for ever.
    async fn server(for_ever: bool) -> u16 {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let certificate = CertificateDer::from_pem_slice(include_bytes!("loopback/localhost.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("loopback/localhost.key")).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut asked = [0; 1024];
                    let _ = stream.read(&mut asked).await;
                    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
                    let _ = stream.write_all(head.as_bytes()).await;
                    while stream.write_all(b"well").await.is_ok() && for_ever {}
                    let _ = stream.shutdown().await;
                });
            }
        });
        port
    }

    async fn ask(network: &SecureNetwork, address: String) -> Result<Bytes, String> {
        let request = Request::get(address).body(Bytes::new()).unwrap();
        let carried = network.carry(request, 1_000, Duration::from_secs(5)).await;
        carried.map(Response::into_body)
    }

    #[tokio::test]
    async fn over_tls_it_knows_whom_it_speaks_to() {
        let port = server(false).await;
        let own = SecureNetwork::new(Some(AUTHORITY)).unwrap();
        assert_eq!(ask(&own, format!("https://localhost:{port}/")).await.unwrap(), "well");
        // Another name, and an authority that nobody has named.
        assert!(ask(&own, format!("https://127.0.0.1:{port}/")).await.is_err());
        let all = SecureNetwork::new(None).unwrap();
        assert!(ask(&all, format!("https://localhost:{port}/")).await.is_err());
        assert!(SecureNetwork::new(Some(b"no certificate")).is_err());
        let endless = server(true).await;
        assert!(ask(&own, format!("https://localhost:{endless}/")).await.is_err(), "it is too much");
    }
}
