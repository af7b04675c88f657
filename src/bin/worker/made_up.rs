//! A dump that nobody sent, to warm up with (and benches/load does, too).

use std::fmt::Write;

/// About half a megabyte of them.
const RESOURCES: usize = 250;

/// As Envoy prints it, with a bit of everything.
pub fn dump() -> String {
    let mut sections: [String; 4] = Default::default();
    for number in 0..RESOURCES {
        let comma = if number == 0 { "" } else { "," };
        let name = format!("outbound|80||svc{number}.made.up.svc.cluster.local");
        let [clusters, endpoints, listeners, hosts] = &mut sections;
        let _ = write!(
            clusters,
            r#"{comma}
   {{
    "version_info": "1",
    "cluster": {{
     "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
     "name": "{name}",
     "type": "EDS",
     "eds_cluster_config": {{ "eds_config": {{ "ads": {{}}, "resource_api_version": "V3" }}, "service_name": "{name}" }},
     "connect_timeout": "10s",
     "circuit_breakers": {{ "thresholds": [ {{ "max_connections": 4294967295, "track_remaining": true }} ] }},
     "metadata": {{ "filter_metadata": {{ "istio": {{ "services": [ {{ "name": "svc{number}", "namespace": "made" }} ] }} }} }}
    }},
    "last_updated": "2026-01-01T00:00:00.000Z"
   }}"#
        );
        let _ = write!(
            endpoints,
            r#"{comma}
   {{
    "endpoint_config": {{
     "@type": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
     "cluster_name": "{name}",
     "endpoints": [ {{ "locality": {{ "region": "r" }}, "lb_endpoints": [ {{ "endpoint": {{ "address": {{ "socket_address":
      {{ "address": "10.0.0.1", "port_value": {number} }} }} }}, "health_status": "HEALTHY", "load_balancing_weight": 1 }} ] }} ]
    }}
   }}"#
        );
        let _ = write!(
            listeners,
            r#"{comma}
   {{
    "name": "10.0.0.1_{number}",
    "active_state": {{
     "listener": {{
      "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
      "name": "10.0.0.1_{number}",
      "address": {{ "socket_address": {{ "address": "10.0.0.1", "port_value": {number} }} }},
      "filter_chains": [ {{ "filters": [ {{ "name": "envoy.filters.network.tcp_proxy", "typed_config": {{
       "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", "cluster": "{name}" }} }} ] }} ]
     }},
     "last_updated": "2026-01-01T00:00:00.000Z"
    }}
   }}"#
        );
        let _ = write!(
            hosts,
            r#"{comma}
      {{ "name": "svc{number}:80", "domains": [ "svc{number}", "svc{number}.made" ], "routes": [ {{ "match": {{ "prefix": "/" }},
       "route": {{ "cluster": "{name}", "timeout": "0s" }}, "name": "default" }} ] }}"#
        );
    }
    let [clusters, endpoints, listeners, hosts] = sections;
    format!(
        r#"{{ "configs": [
 {{ "@type": "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump",
  "bootstrap": {{ "node": {{ "id": "sidecar~10.0.0.1~made.up~up.svc.cluster.local", "cluster": "made.up" }} }} }},
 {{ "@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump", "dynamic_active_clusters": [{clusters}] }},
 {{ "@type": "type.googleapis.com/envoy.admin.v3.EndpointsConfigDump", "dynamic_endpoint_configs": [{endpoints}] }},
 {{ "@type": "type.googleapis.com/envoy.admin.v3.ListenersConfigDump", "dynamic_listeners": [{listeners}] }},
 {{ "@type": "type.googleapis.com/envoy.admin.v3.RoutesConfigDump", "dynamic_route_configs": [ {{ "route_config": {{
  "@type": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration", "name": "80", "virtual_hosts": [{hosts}] }} }} ] }}
] }}"#
    )
}
