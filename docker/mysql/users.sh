#!/bin/bash
# Run once by the MySQL image on an empty data directory. The application cannot drop, alter or truncate a table, and
# cannot touch a trigger: what the triggers record is out of its reach. Only migrations hold those rights.
app=$(< /run/secrets/mysql_app_password)
migration=$(< /run/secrets/mysql_migration_password)
mysql --protocol=socket -uroot -p"$(< /run/secrets/mysql_root_password)" <<SQL
CREATE USER 'steward'@'%' IDENTIFIED BY '${app}';
GRANT SELECT, INSERT, UPDATE, DELETE ON steward.* TO 'steward'@'%';
CREATE USER 'steward_migration'@'%' IDENTIFIED BY '${migration}';
GRANT ALL PRIVILEGES ON steward.* TO 'steward_migration'@'%';
SQL
