# A copied text that still says where it came from: how new hosts boot with the old region's config.
edit regions/us.yaml -e 's#hosts: \[api, app\]#hosts: [api, app]\n  config: { callback: "https://app.us.acme.example/hook", bucket: us-east-1-uploads }#'
landfall check eu
