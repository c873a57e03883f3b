# Makes the gateway.conf of an installation from the one of the repository, which is for the simulator.
# scripts/build-deb fails when one of these lines no longer fits.
s|^# As it stands it works against the simulator on this machine (`make run`)\. What production needs$|# This is the configuration that `systemctl start wxpay-gateway` uses. What an installation decides for itself:|
s|^# instead stands beside it in comments that begin with "production:"\.$|# the merchants, their credentials and, before other machines call, a [[caller]] each.|
s|^documents = \["apis/busifavor.openapi.yaml"\]$|documents = ["/usr/share/wxpay-gateway/apis/busifavor.openapi.yaml"]|
s|^# http is accepted for loopback addresses only; this one is the simulator's\.$|# http is accepted for loopback addresses only.|
/^# production: url = /d
s|^url = "http://127.0.0.1:9999"$|url = "https://api.mch.weixin.qq.com"|
s|^# production: backup_url = |backup_url = |
s|^url = "sqlite:state/gateway.db"$|url = "sqlite:/var/lib/wxpay-gateway/gateway.db"|
/^# production: api_v3_key = /d
/^# production: uncomment$/d
