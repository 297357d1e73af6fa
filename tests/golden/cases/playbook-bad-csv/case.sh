printf 'code,name\nie,Ireland\nde\n' >data.csv
echo 'local rows = landfall.read_csv "data.csv"' | playbook
refused check eu
say 'two columns of one name'
printf 'code,code\nie,Ireland\n' >data.csv
refused check eu
say 'a quote that never ends'
printf 'code,name\nie,"Ireland\n' >data.csv
refused check eu
