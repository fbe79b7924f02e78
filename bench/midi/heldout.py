"""A world that those who write the cleaner do not read: other people, languages and styles. See people.py.

Report what is wrong with it by class ("two-digit years in Polish"), never by string.
"""

# character set, language, family, given, ideographic, phonetic, sex, street and town, phone, national id
PATIENTS = [
    ("", "en", "Stone", "Grace", "", "", "F", "4471 Larkspur Ave, Duluth MN 55804", "218-555-01##", "### ## ####"),
    ("ISO_IR 100", "de", "Weißgerber", "Jürgen", "", "", "M", "Lindenstraße 8a, 97070 Würzburg", "+49 931 55#####", "##%d%m%yW###"),
    ("ISO_IR 100", "fr", "Lefèvre-Dubreuil", "Aurélie", "", "", "F", "14 bis rue des Tanneurs, 37000 Tours", "02 47 ## ## ##", "2 %y %m 37 ### ###"),
    ("ISO_IR 101", "pl", "Wójcikiewicz", "Małgorzata", "", "", "F", "ul. Długa 17/4, 31-147 Kraków", "+48 12 4## ## ##", "%y%m%d#####"),
    ("ISO_IR 192", "es", "Zubizarreta", "Íñigo", "", "", "M", "Calle Embajadores 112, 28012 Madrid", "+34 91 5## ## ##", "########Z"),
    ("ISO_IR 101", "cs", "Dvořáčková", "Věra", "", "", "F", "Křížová 22, 150 00 Praha 5", "+420 2## ### ###", "%y%m%d/####"),
    ("", "en", "Long", "Mark", "", "", "M", "PO Box 218, Wetumpka, AL 36092", "(334) 555-01##", "### ## ####"),
    ("\\ISO 2022 IR 87", "ja", "Hasegawa", "Misaki", "長谷川^美咲", "はせがわ^みさき", "F", "Kitahama 3-7-2, Osaka", "06-6###-####", "#### #### ####"),
    ("ISO_IR 148", "tr", "Yıldırımoğlu", "Şükriye", "", "", "F", "Bağdat Cad. 311, Kadıköy", "0216 ### ## ##", "###########"),
    ("ISO_IR 100", "it", "Buongiorno", "Niccolò", "", "", "M", "Via Garibaldi 33, 40124 Bologna", "051 ######", "BNGNCL%yA%dA944#"),
    ("ISO_IR 144", "ru", "Верещагин", "Аркадий", "", "", "M", "ул. Чапаева, 9, Пермь", "+7 342 2##-##-##", "###-###-### ##"),
    ("GB18030", "zh", "Ouyang", "Wenxiu", "欧阳^文秀", "", "F", "Nanjing Xi Lu 1788, Shanghai", "021-6### ####", "310101%Y%m%d###X"),
    ("ISO_IR 126", "el", "Παπαγεωργίου", "Ευανθία", "", "", "F", "Τσιμισκή 81, Θεσσαλονίκη", "2310 ### ###", "%d%m%y#####"),
    ("\\ISO 2022 IR 149", "ko", "Namgung", "Hyeri", "南宮^惠利", "남궁^혜리", "F", "Teheran-ro 152, Seoul", "02-5##-####", "%y%m%d-2######"),
    ("ISO_IR 192", "vi", "Trương", "Quốc Bảo", "", "", "M", "45 Lê Lợi, Quận 1", "028 3### ####", "0790########"),
    ("ISO_IR 127", "ar", "القحطاني", "سلمان", "", "", "M", "شارع التحلية 40, جدة", "+966 12 6## ####", "10########"),
    ("ISO_IR 100", "nl", "van den Heuvel", "Liesbeth", "", "", "F", "Prinsengracht 263, 1016 GV Amsterdam", "020-6######", "#########"),
    ("ISO_IR 100", "sv", "Ångström", "Björn", "", "", "M", "Vasagatan 12, 753 13 Uppsala", "018-## ## ##", "%Y%m%d-####"),
    ("ISO_IR 138", "he", "אברמוביץ", "רחל", "", "", "F", "הרצל 12, חיפה", "04-8######", "#########"),
    ("ISO_IR 192", "pt", "Gonçalves", "Conceição", "", "", "F", "Rua Augusta 1508, São Paulo", "+55 11 3###-####", "###.###.###-##"),
    ("", "en", "White", "May", "", "", "F", "90 Orchard Terrace, Leeds LS6 2AB", "0113 496 0###", "### ### ####"),
    ("ISO_IR 100", "de", "Klein", "Rosa", "", "", "F", "Am Mühlbach 3, 8010 Graz", "0316/38####", "####%d%m%y"),
    ("GBK", "zh", "Li", "Na", "李^娜", "", "F", "Zhongguancun 27, Beijing", "010-8### ####", "110108%Y%m%d####"),
    ("", "en", "Wilson-Baker", "Thomas J", "", "", "M", "212 E 31st St Apt 5B, New York, NY", "212.555.01##", "### ## ####"),
    ("ISO_IR 110", "en", "Ozoliņš", "Jānis", "", "", "M", "Brīvības iela 55, Rīga", "+371 67 ######", "%d%m%y-#####"),
    ("ISO_IR 192", "ko", "Kim", "Minjun", "金^民俊", "김^민준", "M", "Haeundae-ro 570, Busan", "051-7##-####", "%y%m%d-1######"),
    ("", "en", "Head", "Victor", "", "", "M", "3 Quarry Bank, Shrewsbury SY1 1RN", "01743 ### ###", "### ### ####"),
    ("ISO_IR 100", "fr", "Petit", "Rose", "", "", "F", "8 impasse du Lavoir, 21000 Dijon", "03.80.##.##.##", "1 %y %m 21 ### ###"),
]
STAFF = [("Abernathy", "Clive"), ("Szymanska", "Ewa"), ("Ramaswamy", "Priya"), ("Delacroix", "Henri"), ("Thorvaldsen", "Nils"),
         ("Mbeki-Jones", "Sarah"), ("Castellanos", "Raul"), ("Vandersloot", "Kees")]
HOSPITALS = [("Mercy Ridge Medical Center", "2200 Summit Blvd, Duluth MN"), ("Universitätsklinikum Nordhafen", "Deichstr. 40, Nordhafen"),
             ("CHU Saint-Aubin", "1 avenue de la Loire, Tours"), ("Szpital Kliniczny nr 4", "ul. Lipowa 2, Krakow"),
             ("Northgate Imaging Partners LLC", "Suite 410, 9 Northgate Plaza")]
COMMON = set("""stone grace long mark white may klein rosa head victor wilson baker wilson-baker thomas j petit rose van den
             li na kim brown young angel buongiorno""".split())

# What devices and technologists write, and nobody's.
SCIENCE = """CT CHEST W/O CONTRAST|CAP W/ IV CON 3.0 B30f|Recon 2: 0.625mm LUNG|AX T2 FLAIR FS PROPELLER|SAG T1 MPRAGE 1x1x1
ep2d_diff_b0_500_1000_ADC|t1_vibe_fs_tra_p2_bh_288_dyn 4/6|3D TOF MRA COW MIP 1/12|LUNG WINDOW 5/5 Br59|Head 4.0 J30s
PET WB AC 3D 400 MBq|FDG-18 CTAC 5.0 Thick|WB MIP NAC|Screening bilateral mammogram|R MLO TOMO 2D C-VIEW|L CC magnification x1.5
XR chest 2 views PA/LAT|Knee 3V weight bearing|US abdomen RUQ limited|TTE apical 4-ch long axis|CORONARY CTA 75 % R-R 120 kVp
Perfusion rBV/rBF/MTT 90 keV mono|DE_Abd_90kV/Sn150kV|Ewing sarcoma post chemo cycle 4/6|Takayasu arteritis aorta|Paget disease L tibia
Whipple post-op day 10|Kidney stone protocol low dose|Brown fat uptake, warm room|White matter lesions, MS protocol
Young adult, long bone survey 12/14 images|Head and neck SCC T2N1M0|Bell's palsy, IAC 0.7 mm|Circle of Willis CTA|Wilms tumor stage III
Grade 2 spondylolisthesis L5/S1|May-Thurner, iliac venogram|Localizer 3-plane|Scout AP 600mm|Dose Report|Patient Protocol
PROSTATE_T2_TSE_COR_320|B1000 calc, ADC x10-6|Quant Liver 0.1 mmol/kg delayed 20 min|Lung RADS 4A follow up 3 mo|SUV 3.4 in LN station 10R
Fluoro 7.5 p/s 0.8 min|DSA 4 f/s LICA 6 ml/s|Calcium score 3/412 Agatston|Bone density L1-L4 T -2.1|TI 150 TE 2.46/4.92 FA 15
WB bone scan 740 MBq Tc-99m MDP 3 h p.i.|GK plan 24 Gy @ 50 % isodose|IMRT 70 Gy/35 fx|Boost 16/8|CBCT #12 kV|Phase 2 10 % - 90 % gated""".replace("\n", "|").split("|")
# What somebody adds to them; %s is the science.
ADDED = ["%s {family}", "{FAMILY}^{GIVEN} %s", "%s {given} {family}", "%s for {family}, {given}", "{GIVEN}_{FAMILY}_%s", "%s {date:%m/%d/%Y}",
         "%s {date:%Y%m%d}", "%s {date:%d-%b-%Y}", "%s {dob:%m/%d/%y}", "%s MRN:{pid}", "{pid} %s", "%s acc# {accession}", "%s {phone}",
         "%s ({initials})", "%s Dr {physician}", "{operator}: %s", "%s at {inst}", "%s SSN {ssn}", "%s/{plain}", "%s - {lower}",
         "%s {family}'s", "DOB {dob:%n-%e-%Y} %s", "%s {date:%e.%n.%y}", "%s {date:%b %e, %Y}", "%s pt={FAMILY}", "%s {translit}",
         "%s", "%s {email}", "%s {family} {initial}", "Mrs. {family} %s", "%s #{accession}", "%s call {phone}", "%s by Dr. <Okonkwo-Reyes>", "%s MRN {pid_split}", "{accession_lower} %s", "%s nee {mother}"]

# A sentence of a report or a comment, as a technologist or a physician types it.
SENTENCES = """12 mm nodule RUL, stable over 24 mo.|Hx of HTN, DM2, Crohn disease; 40 pack-years.|No acute PE. D-dimer 1.2 mg/l.|Pt unable to hold breath > 10 s, motion in 3/5 series.
Kidney stone 6 mm at left UVJ, mild hydronephrosis.|s/p Whipple, Billroth II, drain in situ.|Long axis 3.2 cm, short axis 1.8 cm (prior 2.9 x 1.7).
IV contrast 95 ml Omnipaque 350 @ 3.5 ml/s, no reaction.|BI-RADS 2, density C; return in 12 months.|89 y/o F, fall 2 days ago, GCS 14/15.|White matter hyperintensities, Fazekas 2.
eGFR 58, creatinine 1.1 mg/dl on arrival.|Young male with Ewing sarcoma, cycle 4 of 14.|FDG 10.2 mCi, glucose 98 mg/dl, uptake 61 min, weight 95 kg.|TR 4000 TE 96 ETL 18 NEX 2.
Hounsfield units 35-60, window 400/40.|Gleason 4+3=7, PSA 9.1 ng/ml, PI-RADS 5.|May represent hemangioma; MRI suggested.|EF 62 %, E/e' 9.0, TAPSE 21 mm, HR 96 bpm.
Allergies: penicillin, latex.|Implant: titanium plate, MR conditional 3T.|Derived by MPR, slab 10 mm, step 1.0 mm, kernel FC52.|Lossy ratio 10:1, quality 90.""".replace("\n", "|").split("|")
AROUND = ["{given} {family}: %s", "%s Discussed with Dr. {physician} on {date:%n/%e/%y}.", "%s Prior exam {prior:%m/%d/%Y} at {inst}.", "Patient {FAMILY}, {GIVEN} (DOB {dob:%m/%d/%Y}, MRN {pid}). %s",
          "%s Call {phone} or mail {email}.", "%s Lives at {address}.", "%s SSN: {ssn}", "{over89} y/o. %s", "%s Mother <Henrietta Castlebury>, same phone {phone}.",
          "Mr. {family} seen {date:%B %e, %Y}. %s", "{date:%Y-%m-%d} 08:15 %s {initials}", "%s tech: {operator}", "%s\r\nAcc {accession}, see {url}\r\n[kV 120]",
          "%s Compared with {prior:%d %b %Y}.", "{plain} {initial} %s", "%s Husband <Ignatius Pemberton> gave consent.", "%s Signed: {physician}, {date:%d.%m.%y}",
          "aged {over89}, %s", "%s {over89}-year-old, insurance no. {national}", "%s Transferred from {inst} on {prior:%e/%n/%y}.", "%s", "[Retired teacher,] b. {birthyear}. %s", "[Indication:] %s {family} {given} {dob:%Y%m%d}"]

# In other languages, and odd ones.
OTHER = {
    "short": """de|[MRT Schädel nativ] {family}, {given}
de|{FAMILY} [CT Abdomen 5/3 mm venös] *{dob:%d.%m.%y}
de|[Nierenstein li., Kontrolle nach 6 Wo] Fr. {family}
de|[Kleinhirnbrückenwinkel 0,6 mm] v. {date:%e.%n.%Y}
de|[Thorax p.a. 125 kV] geb. {dob:%e. %B %Y}
fr|[IRM genou droit DP FS] {family} {given}
fr|[TDM TAP injecté 1,25 mm] né(e) le {dob:%d/%m/%Y}
fr|Mme {FAMILY} [écho petit bassin, 2 vues]
fr|[Scanner cérébral C-] {date:%e %B %Y}
es|[RM columna lumbar L4-L5] Sr. {family}
es|[TC tórax baja dosis 1 mm] {date:%e de %B de %Y}
it|[RM encefalo T2 FLAIR 3 mm] sig. {family}
it|[TC torace senza mdc] nato il {dob:%d/%m/%Y}
nl|[CT hersenen blanco 1 mm] mw. {family}
nl|[MRI knie links] geb. {dob:%d-%m-%Y}
pl|[RTG klatki piersiowej PA] {family} {given}
pl|[TK głowy bez kontrastu] ur. {dob:%d.%m.%Y}
pl|{FAMILY} [USG jamy brzusznej] z dn. {date:%d.%m.%y}
pt|[RM crânio 1,5 T] Sra. {family}
pt|[TC abdome total] {date:%e de %B de %Y}
sv|[MR hjärna med kontrast] {family} {given}
sv|[DT buk 3 mm] {date:%Y-%m-%d} pnr {national}
cs|[MR mozku 3 T] paní {family}
cs|[CT plic HRCT] nar. {dob:%e. %n. %Y}
tr|[Beyin MR kontrastlı] {family} {given}
tr|[Toraks BT 1 mm] {date:%d.%m.%Y}
ru|[КТ ОГК 1.0 мм] {family} {given}
ru|[МРТ головного мозга] {FAMILY} {initial} {dob:%d.%m.%Y} г.р.
el|[ΑΞ θώρακος 1 mm] {family} {given}
el|{FAMILY} [ΜΡΙ γόνατος] {date:%d/%m/%Y}
zh|[胸部CT平扫 1mm] {ideo}
zh|{ideo} [头颅MRI增强] {date:%Y年%n月%e日}
ja|[頭部MRI T2強調] {ideo}様
ja|[腹部CT 造影] {phon}さん
ja|{ideo_family}[胸部単純CT 1mm]{date:%Y年%n月%e日}
ko|[뇌 MRI 조영증강] {phon}
ko|[흉부 CT 1mm] {date:%Y년 %n월 %e일}
vi|[CT ngực không cản quang] {family} {given}
vi|[MRI sọ não] bn {given} {dob:%d/%m/%Y}
ar|[CT الصدر 1 mm] {family} {given}
he|[CT חזה 1 mm] {given} {family}""",
    "long": """de|[Z. n. Hüft-TEP rechts.] Herr/Frau {family}, geb. {dob:%d.%m.%Y}, wohnhaft {address}. [Kein Erguss, 12 mm Zyste.]
de|[Verlaufskontrolle] zum {prior:%d.%m.%y}, [Nierenzyste Bosniak II, 2,4 cm;] Tel. {phone}
de|Überweiser Dr. med. <Hubertus Falkenrath>, [Verdacht auf Bandscheibenvorfall L4/5.] Pat.-ID {pid}
de|{over89}-jährige [Patientin, Sturz, GCS 15.] KV-Nr. {national}
de|Ehefrau <Brunhilde> [gibt an: Schmerz seit 3 Wochen.] Aufn. {date:%e. %B %Y}
fr|[Patiente de 67 ans, BPCO stade III.] {given} {FAMILY}, tél. {phone}, NIR {national}
fr|Dr <Thibault Marchandeau> [demande un contrôle à 3 mois.] Examen du {date:%e %B %Y}
fr|[Kyste rénal gauche 24 mm, Bosniak I.] Comparé au {prior:%d/%m/%y}
es|[Varón de 54 años con nódulo de 8 mm.] {given} {family}, DNI {national}, tel. {phone}
es|Dra. <Remedios Altamirano>: [sin cambios respecto a] {prior:%e de %B de %Y}
it|[Paziente di 72 anni, esiti di lobectomia.] {family} {given}, C.F. {national}
it|Esame del {date:%e %B %Y}, [confronto con TC] del {prior:%d/%m/%Y}; [nodulo 6 mm invariato.] Dott. <Ermenegildo Strozzi>
nl|[Patiënte 61 jaar, status na mastectomie.] Mevr. {family}, BSN {national}, tel {phone}
nl|[Vergeleken met] {prior:%d-%m-%Y}: [nodus 7 mm onveranderd.] dr. <Roelofs-Terpstra>
pl|[Pacjentka lat 58, guz nerki lewej 32 mm.] {given} {family}, PESEL {national}, tel. {phone}
pl|[Badanie porównano z] {prior:%d.%m.%y} [- bez zmian.] lek. <Bartłomiej Grzegorzewski>, {date:%e %B %Y} r.
pt|[Paciente de 66 anos, nódulo pulmonar 9 mm.] {given} {family}, CPF {national}, fone {phone}
sv|[67-årig man, tidigare frisk.] {given} {family}, {national}, [us] {date:%e %B %Y}
cs|[Pacientka 71 let, st. p. CMP.] {family} {given}, r. č. {national}, [kontrola] {date:%e. %B %Y}
tr|[63 yaşında, sağ böbrekte 5 mm taş.] {given} {family}, TC {national}, tel {phone}
ru|[Пациент 64 лет, узел 7 мм в S6.] {family} {given}, СНИЛС {national}, [исследование от] {date:%e %B %Y} г.
ru|[Сравнение с КТ от] {prior:%d.%m.%y}: [без динамики.] Врач {FAMILY}
el|[Ασθενής 70 ετών, οζίδιο 8 mm.] {given} {family}, ΑΜΚΑ {national}, τηλ. {phone}, {date:%e %B %Y}
zh|患者{ideo}，[女，56岁，左肺上叶结节8mm。]电话{phone}，身份证号{national}
zh|[与]{prior:%Y年%n月%e日}[片比较，无明显变化。]ID号{pid}
ja|{ideo}様、[67歳、右肺S3に8mmの結節。]TEL {phone}、検査日{date:%Y年%n月%e日}
ja|[前回]({prior:%Y/%m/%d})[と比較して変化なし。]令和{date:%J年%n月%e日} {ideo_family}
ko|{phon} 님, [61세 여자, 좌상엽 결절 8mm.] 연락처 {phone}, 주민번호 {national}
vi|[Bệnh nhân 59 tuổi, nốt phổi 8 mm.] {family} {given}, ĐT {phone}, ngày {date:%d/%m/%Y}
ar|[عقيدة رئوية 8 mm، دون تغيير.] المريض {given} {family} {date:%d/%m/%Y}
he|[קשרית 8 mm ללא שינוי.] {given} {family}, ת.ז. {national}"""}


def templates(kind):
    """(language, template) of all texts of a KIND."""
    science, added = (SCIENCE, ADDED) if kind == "short" else (SENTENCES, AROUND)
    made = [("en", added[(i * 5 + k * 9) % len(added)].replace("%s", "[%s]" % s)) for i, s in enumerate(science) for k in range(4)]
    return made + [tuple(line.split("|", 1)) for line in OTHER[kind].split("\n")]
