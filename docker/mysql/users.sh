#!/bin/bash
# Run by the MySQL image on an empty data directory, and by hand when that failed: it may be repeated. The application
# cannot drop, alter or truncate a table, and cannot touch a trigger: what the triggers record is out of its reach. Only
# migrations hold those rights.
set -e # without -u: where the file is not executable, the image's own script reads it as a part of itself
app=$(< /run/secrets/mysql_app_password)
migration=$(< /run/secrets/mysql_migration_password)
: "${app:?mysql_app_password is empty}" "${migration:?mysql_migration_password is empty}"
MYSQL_PWD=$(< /run/secrets/mysql_root_password) mysql --protocol=socket -uroot <<SQL
CREATE USER IF NOT EXISTS 'steward'@'%' IDENTIFIED BY '${app}';
ALTER USER 'steward'@'%' IDENTIFIED BY '${app}';
GRANT SELECT, INSERT, UPDATE, DELETE ON steward.* TO 'steward'@'%';
CREATE USER IF NOT EXISTS 'steward_migration'@'%' IDENTIFIED BY '${migration}';
ALTER USER 'steward_migration'@'%' IDENTIFIED BY '${migration}';
GRANT ALL PRIVILEGES ON steward.* TO 'steward_migration'@'%';
SQL
