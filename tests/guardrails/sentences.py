"""Ordinary sentences, in which no rule may find anything, and what has to be found."""
# ruff: noqa: RUF001

ENGLISH = """
Hello, how are you?
Hello world!
Shells, skills, scunthorpe and assessments are ordinary words.
The class passed the assessment with skill and passion.
She sells seashells by the seashore.
My therapist says I should assume less and assess more.
The cockpit crew discussed the cocktail menu in Essex.
Please grasp the basic classics before the bass concert.
He put the document in the dickens of a mess, as Charles Dickens would say.
The Shitake farm misspelled its shiitake mushrooms.
Mishit balls cost her the tennis match.
There are 24 hours in a day and 365 days in a year.
The meeting is on 2024-01-15 at 10:30.
We met on 12/31/1999 and again on 01-02-2003.
Version 2.4.1.0 fixes the bug that version 2.4.0.9 brought.
Python 3.12.1 was released in December 2023.
The new firmware 10.0.19.1 is slower than build 10.0.18.2.
Pi is about 3.14159265358979.
The population was 7,888,408,686 people in 2021.
It costs $1,299.99 plus 7.25% tax.
The ISBN is 978-3-16-148410-0.
Order number 1234567890 has shipped.
Invoice 2023-000123-4567 is due in 30 days.
Tracking number 1Z 999 AA1 01 2345 6784 is on its way.
The distance to the sun is 149 597 870 700 metres.
Add 250 g of flour, 3 eggs and 125 ml of milk.
A byte has 8 bits, and 2^32 is 4294967296.
The Unix time 1700000000 was in November 2023.
In milliseconds that is 1700000000000.
The commit is 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b.
The UUID 123e4567-e89b-12d3-a456-426614174000 is an example.
Use std::vector<int> and std::map in C++.
The selector a::before comes before a::after.
In Perl, write Foo::Bar->new and Abc::Def->new.
Ratio 16:9 is wider than 4:3.
At 12:30:45 the sensor read 21.5 degrees.
The MAC is read as six pairs of hex digits.
Chapter 1.2.3.4 explains the notation.
The score was 21-19, 18-21, 22-20.
Call me maybe, she sang.
Email me when you can, or just text.
The @ sign is read as at.
Meet me @ 5 in the cafe.
She earned @home points on the app @ work.
Twitter handles such as @jack are short.
Decorators like @property and @dataclass are handy.
Use e.g. this and i.e. that.
Node.js and ASP.NET are frameworks.
Open the file main.py and then README.md.
The path is /usr/local/bin/python3.
C:\\Users\\me is a Windows path.
Set x = 10; y = 20; print(x + y).
The formula is E = mc^2, as everybody knows.
Roses are red, violets are blue.
The quick brown fox jumps over the lazy dog.
To be, or not to be, that is the question.
Heaven and hell are old ideas.
The dam broke and the damp cellar flooded.
Our scrap yard is full of crap-shooting dice? No, of scrap.
The cat sat on the mat.
I have 2 cats and 3 dogs.
Flight BA2490 leaves gate 12 at 06:45.
Room 101 is on the first floor.
Highway 66 runs from Chicago to Santa Monica.
World War II ended in 1945.
The Battle of Hastings was in 1066.
Section 230 was enacted in 1996.
See page 123, line 45, column 6789.
Numbers 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15.
The sequence goes 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144.
One plus one equals two.
The temperature fell to -40 degrees.
She ran 10 km in 45 min 30 s.
The recipe needs 1/2 cup of sugar and 3/4 cup of butter.
He scored 9.81 on a scale of 10.
License plate ABC-1234 was seen in town.
The train departs from platform 9 3/4.
My favourite year is 1984, a novel too.
DE is the country code of Germany.
IBAN stands for International Bank Account Number.
A credit card number has 16 digits.
Social security numbers have nine digits.
The part number is 4111-22-3333-4.
The serial number is 1234 5678 9012 3456.
Channel 7 news at 11.
ISO 8601 and RFC 2616 are standards.
The www was invented at CERN.
HTTP and HTTPS are protocols; so is FTP.
My password manager is great.
I can't believe it's not butter!
We sell 100% natural products.
Let's assign the assignment to the assistant.
The peacock and the woodcock are birds.
Analysis of the canal was banal.
"""

OTHERS = """
Guten Morgen, wie geht es Ihnen heute?
Der Zug fährt um 14:35 Uhr von Gleis 7.
Das kostet 1.299,99 € inklusive 19 % MwSt.
Am 03.10.1990 wurde Deutschland wiedervereinigt.
Die Hölle ist hell erleuchtet, sagte der helle Kopf.
Das Wetter ist heute schön, bei 23,5 Grad.
Bitte öffnen Sie die Datei bericht.pdf im Ordner.
Die Postleitzahl von Berlin-Mitte ist 10115.
Ich habe 3 Äpfel und 12 Birnen gekauft.
Die Bevölkerung beträgt 83.200.000 Menschen.
Kapitel 4.2.1.7 behandelt die Ausnahmen.
Wir treffen uns zwischen 08:00 und 09:30 Uhr.
Die Straße ist 1 234 Meter lang.
Der Fluss ist tief, das Fass ist voll.
Aktenzeichen 12 O 345/21 liegt beim Gericht.
Das Passwort darf nicht leer sein.
Er schließt die Scheune und scheidet die Schafe.
Bonjour, comment allez-vous aujourd'hui ?
Le train part à 18 h 45 de la gare de Lyon.
Cela coûte 1 299,99 € TTC.
La réunion est le 14/07/2024 à 10 h.
Il a lu 1 984 pages en 12 jours.
La députée a réputé cette thèse computable.
Un connaisseur connaît le commerce.
Le code postal de Paris est 75001.
La population est de 68 042 591 habitants.
Elle a 3 frères et 2 sœurs.
Le chapitre 3.1.4.1 est long.
Merci beaucoup pour votre aide.
L'été dernier, nous avons visité Marseille.
Le merdier n'est pas un mot de ce livre, le merle oui.
Buenos días, ¿cómo está usted?
El tren sale a las 15:20 del andén 4.
Cuesta 1.299,99 € con IVA.
La computadora disputa la reputación del diputado.
Nació el 12 de octubre de 1992.
Hay 47 millones de habitantes en España.
El capítulo 5.6.7.8 es el último.
Me gusta el café con leche por la mañana.
La fecha límite es el 31/12/2025.
El coche rojo tiene 5 puertas.
Los niños juegan en el parque.
Mi número favorito es el 7.
Buongiorno, come sta oggi?
Il treno parte alle 17:05 dal binario 12.
Costa 1.299,99 euro.
La disputa sul computer è finita.
Il capitolo 2.3.4.5 parla di Roma.
Abbiamo 60 milioni di abitanti.
La riunione è il 25/04/2024.
Il cavallo cazzuola è un attrezzo? No, la cazzuola lo è.
Bom dia, como vai você?
O trem sai às 19:40 da plataforma 2.
Custa R$ 1.299,99 à vista.
A deputada disputa a reputação do computador.
A reunião é em 25/04/2024 às 10h.
O capítulo 1.2.3.4 é curto.
Somos 214 milhões de brasileiros.
Eu tenho 2 irmãos e 1 irmã.
Goedemorgen, hoe gaat het met u?
De trein vertrekt om 14.35 uur van spoor 5.
Het kost 1.299,99 euro.
De vergadering is op 15-01-2024.
Nederland heeft 17,5 miljoen inwoners.
Hoofdstuk 4.3.2.1 is moeilijk.
Dzień dobry, jak się pan ma?
Pociąg odjeżdża o 16:20 z peronu 3.
To kosztuje 1 299,99 zł.
Spotkanie jest 15.01.2024 o godzinie 10.
W Polsce mieszka 38 milionów ludzi.
Привет, как дела?
Поезд отходит в 14:35 с пути 7.
Это стоит 1 299,99 рублей.
Встреча 15.01.2024 в 10 часов.
В России живёт 146 миллионов человек.
Он купил 3 яблока и 12 груш.
Глава 2.3.4.5 рассказывает о математике.
Хлеб и соль лежат на столе.
Сегодня хорошая погода, около 20 градусов.
你好，今天天气怎么样？
火车14:35从7号站台出发。
这个手机的价格是1299.99元。
会议时间是2024年1月15日上午10点。
中国有14亿人口。
第3.2.1.4节讨论了这个问题。
我买了3个苹果和12个梨。
请打开文件main.py并运行。
他妈妈的生日是5月1日。
操场上有很多学生。
版本2.4.1.0已经发布。
圆周率约等于3.14159265。
こんにちは、お元気ですか。
電車は14時35分に7番線から出ます。
価格は1,299円です。
会議は2024年1月15日の10時からです。
日本の人口は約1億2千万人です。
第3.2.1節を参照してください。
りんごを3個と梨を12個買いました。
今日はとても暑いですね。
안녕하세요, 오늘 날씨가 어때요?
기차는 14시 35분에 7번 승강장에서 출발합니다.
가격은 1,299원입니다.
회의는 2024년 1월 15일 오전 10시입니다.
한국의 인구는 약 5천만 명입니다.
مرحبا، كيف حالك اليوم؟
القطار يغادر في الساعة 14:35.
السعر هو 1299 ريالا.
الاجتماع يوم 15 يناير 2024.
नमस्ते, आप कैसे हैं?
ट्रेन 14:35 पर निकलती है।
इसकी कीमत 1,299 रुपये है।
बैठक 15 जनवरी 2024 को है।
Merhaba, bugün nasılsınız?
Tren saat 14.35'te 7. perondan kalkıyor.
Fiyatı 1.299,99 lira.
Toplantı 15.01.2024 tarihinde.
สวัสดีครับ วันนี้เป็นอย่างไรบ้าง
ราคา 1,299 บาท
Xin chào, hôm nay bạn thế nào?
Cuộc họp diễn ra lúc 10 giờ ngày 15/01/2024.
"""

ORDINARY = [line for line in (ENGLISH + OTHERS).split("\n") if line]

PERSONAL = [
    ("email", "john.doe@example.com"),
    ("email", "a+b@mail.example.co.uk"),
    ("email", "jörg.müller@bücher.example"),
    ("email", "иван@пример.рф"),
    ("email", "x_y-z%w@sub.domain.example"),
    ("phone", "+49 30 1234567"),
    ("phone", "+1 (555) 234-5678"),
    ("phone", "+14155552671"),
    ("phone", "(415) 555-2671"),
    ("phone", "415-555-2671"),
    ("phone", "1-415-555-2671"),
    ("phone", "06 12 34 56 78"),
    ("phone", "020 7946 0958"),
    ("phone", "030/12345678"),
    ("phone", "138 0013 8000"),
    ("card", "4111 1111 1111 1111"),
    ("card", "4111111111111111"),
    ("card", "5500-0000-0000-0004"),
    ("card", "3782 822463 10005"),
    ("card", "6011000990139424"),
    ("card", "2223003122003222"),
    ("iban", "DE89 3704 0044 0532 0130 00"),
    ("iban", "GB29NWBK60161331926819"),
    ("iban", "FR14 2004 1010 0505 0001 3M02 606"),
    ("iban", "nl91 abna 0417 1643 00"),
    ("ssn", "123-45-6789"),
    ("ssn", "219 09 9999"),
    ("ip", "192.168.17.4"),
    ("ip", "8.8.8.8"),
    ("ip", "2001:db8:85a3::8a2e:370:7334"),
    ("ip", "fe80::1ff:fe23:4567:890a"),
]

IMPERSONAL = [
    "4111 1111 1111 1112",  # Luhn
    "DE88 3704 0044 0532 0130 00",  # remainder
    "DE89 3704 0044 0532 0130",  # too short
    "000-12-3456",
    "666-12-3456",
    "912-12-3456",
    "123-00-4567",
    "123-45-0000",
    "256.1.1.1",
    "1.2.3",
    "127.0.0.1",
    "::1",
    "user@localhost",
    "@example.com",
    "john@",
]
