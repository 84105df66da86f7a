export { bootUsers, type UsersApp } from './boot-users.js';
