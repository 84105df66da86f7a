/** Passwords of eight characters and more that head every published list of leaked ones; lower case. */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  `password password1 password12 password123 password1234 password! password1! passw0rd passw0rd1 passw0rd123 p@ssw0rd p@ssword
  p@ssword1 p@ssw0rd1 p@ssw0rd123 pa$$word pa$$w0rd pass1234 pass12345 passpass password01 password11 password2 password99
  mypassword newpassword yourpassword thepassword nopassword changeme changeme1 changeme123 change_me changeit letmein1 letmein123
  letmein! welcome1 welcome12 welcome123 welcome1234 welcome! welcome1! admin123 admin1234 admin12345 administrator adminadmin
  administrator1 root1234 rootroot superuser superman superman1 batman123 spiderman pokemon1 pokemon123 starwars starwars1 iloveyou
  iloveyou1 iloveyou2 iloveyou! iloveu123 lovelove loveyou1 princess princess1 sunshine sunshine1 football football1 baseball
  baseball1 basketball soccer123 hockey123 trustno1 whatever whatever1 computer computer1 internet internet1 samsung1 samsung123
  michael1 michelle jennifer jessica1 charlie1 jordan23 michael123 daniel123 ashley123 master123 monkey123 dragon123 shadow123
  killer123 hunter123 hello123 hello1234 hellohello test1234 test12345 testtest testing1 testing123 demo1234 guest123 guest1234
  user1234 username username1 temp1234 temporary secret123 secret1234 qwerty12 qwerty123 qwerty1234 qwerty12345 qwertyui qwertyuiop
  qwertyuiop123 qwerty!@ qwert123 qwert1234 qwer1234 1qaz2wsx 1qaz2wsx3edc 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y q1w2e3r4 q1w2e3r4t5
  q1w2e3r4t5y6 zaq12wsx zaq1zaq1 zxcvbnm1 zxcvbnm123 zxcvbnm, asdfasdf asdf1234 asdfghjk asdfghjkl asdfghjkl1 asdfgh123 asd12345
  poiuytrewq mnbvcxz1 qazwsxedc qazwsx123 qweasdzxc qweasd123 qwe12345 1234qwer 12345qwert 123qweasd 123qwe123 123qwe456 abcd1234
  abcd12345 abc12345 abc123456 abc123abc abcdefg1 a1b2c3d4 a1b2c3d4e5 a12345678 a123456789 aa123456 aa12345678 aaa12345 12345678a
  123456789a 1234567a 123456aa 123456abc 12341234 123123123 12312312 123321123 123454321 1234554321 12344321 11112222 11223344
  1122334455 112233445566 1212121212 12121212 13131313 10203040 102030405060 147258369 159357456 147852369 741852963 789456123
  987654321 9876543210 963852741 87654321 0987654321 01234567 0123456789 1234567890 123456789 12345678 12345678910 123456123
  123456654321 123456123456 123123456 66666666 88888888 00000000 11111111 22222222 1111111111 55555555 99999999 77777777
  123456qwerty qwerty123456 password123456 admin@123 admin@1234 india@123 pass@123 pass@1234 abcd@1234 welcome@123 test@123
  liverpool liverpool1 chelsea1 arsenal1 arsenal123 manchester barcelona realmadrid juventus1 corvette mercedes porsche911 ferrari1
  mustang1 harley123 yamaha123 december september november october1 february summer123 summer2024 summer2025 summer2026 winter123
  winter2024 winter2025 winter2026 spring2024 spring2025 spring2026 autumn2024 autumn2025 autumn2026 monday123 friday123 january1
  company123 business1 steward1 steward123 steward1234 stewardsteward letmeinnow opensesame blink182 metallica nirvana1 rockstar
  rockyou1 butterfly butterfly1 chocolate chocolate1 strawberry cheesecake sweetheart beautiful babygirl babygirl1 cupcake1 freedom1
  jesuschrist godisgood jesus123 blessed1 elizabeth alexander alexandra benjamin christina christopher nicholas1 jonathan patricia
  stephanie victoria veronica samantha fernando alejandro sebastian gabriela carolina scorpion panthers steelers yankees1 lakers24
  redsox123 cowboys1 dolphins bulldogs warriors minecraft fortnite1 callofduty playstation nintendo counterstrike`
    .split(/\s+/)
    .filter((word) => word.length > 0),
);
