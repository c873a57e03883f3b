// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// nginx on a free port of 127.0.0.1, for what a scripted socket cannot play: TLS and HTTP/2. Needs
/// the Debian package `nginx-light`.
package final class NginxServer: Sendable {
  private let folder: TemporaryFolder
  package let port: UInt16

  package var origin: String { "https://127.0.0.1:\(port)" }

  /// Starts it, with every answer saying its connection's number and protocol in headers.
  ///
  /// - Parameters:
  ///   - listen: options after the port, such as `ssl http2`.
  ///   - server: further directives of the `server` block.
  package init(
    listen: String = "ssl", certificates: CertificateFolder,
    server: String = ""
  )
    throws
  {
    folder = try TemporaryFolder()
    let folder = folder
    port = try ScriptedServer.onFreePort { port in
      let configuration = try folder.write(
        Self.configuration(
          folder: folder.path, listen: "127.0.0.1:\(port) \(listen)",
          certificate: certificates.certificate, key: certificates.key, server: server),
        to: "nginx.conf")
      // Returns when nginx listens: it binds its sockets before it goes to the background.
      try runToEnd(
        "nginx", ["-p", folder.path, "-e", folder.file("error.log"), "-c", configuration])
      return port
    }
  }

  /// The process that the others belong to.
  package var process: Int32? {
    guard let text = try? folder.read("nginx.pid") else { return nil }
    return Int32(
      String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
  }

  /// Has it begin anew as an operator would after a change: connections that are idle are closed,
  /// those of HTTP/2 with GOAWAY.
  package func reload() {
    if let process { kill(process, SIGHUP) }
  }

  deinit {
    if let process { kill(process, SIGTERM) }
  }

  private static func configuration(
    folder: String, listen: String, certificate: String, key: String, server: String
  ) -> String {
    """
    worker_processes 1;
    pid \(folder)/nginx.pid;
    error_log \(folder)/error.log;
    events { worker_connections 2048; }
    http {
      access_log off;
      client_body_temp_path \(folder)/body;
      proxy_temp_path \(folder)/proxy;
      fastcgi_temp_path \(folder)/fastcgi;
      uwsgi_temp_path \(folder)/uwsgi;
      scgi_temp_path \(folder)/scgi;
      keepalive_requests 100000;
      server {
        listen \(listen);
        ssl_certificate \(certificate);
        ssl_certificate_key \(key);
        add_header X-Connection $connection;
        add_header X-Protocol $server_protocol;
        default_type text/plain;
        \(server)
        location / { return 200 "ok"; }
      }
    }
    """
  }
}
