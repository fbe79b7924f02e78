"""A world of people who never lived, and the science around them, for those who write the cleaner. See people.py."""

# character set, language, family, given, ideographic, phonetic, sex, street and town, phone, national id
PATIENTS = [
    ("ISO_IR 100", "de", "Müllerschön", "Anna-Léna", "", "", "F", "Birkenallee 47, 69117 Dossenheim", "(555) ###-####", "A#########"),
    ("\\ISO 2022 IR 87", "en", "Yamashita", "Kentarou", "山下^健太郎", "やました^けんたろう", "M", "Sakuradori 5-12, Matsumoto", "(555) ###-####", "### ## ####"),
    ("ISO_IR 192", "en", "Nguyễn", "Thị Khanh", "", "", "F", "18 Hàng Bông, Hà Đông", "(555) ###-####", "### ## ####"),
    ("ISO_IR 144", "en", "Петрухина", "Марфа", "", "", "F", "Садовая 31, Тверь", "(555) ###-####", "### ## ####"),
    ("", "en", "O'Bannion", "Mary-Kate", "", "", "F", "1184 Willowbrook Ln, Galena IL 61036", "(555) ###-####", "### ## ####"),
    ("GB18030", "en", "Zhangwei", "Xiaodong", "张伟^小东", "", "M", "Zhongshan Lu 208, Wuxi", "(555) ###-####", "### ## ####"),
    ("ISO_IR 126", "en", "Διονυσίου", "Λευτέρης", "", "", "M", "Ερμού 52, Πάτρα", "(555) ###-####", "### ## ####"),
    ("\\ISO 2022 IR 149", "en", "Honggil", "Dongsu", "洪吉^東洙", "홍길^동수", "M", "Sejongdaero 209, Gimpo", "(555) ###-####", "### ## ####"),
    ("ISO_IR 100", "en", "Stone", "Grace", "", "", "F", "77 Harrowgate Rd, Elmsford NY 10523", "(555) ###-####", "### ## ####"),
]
STAFF = [("Kowalczyk", "Zbigniew"), ("Featherstone", "Imogen"), ("Oyelaran", "Babatunde"), ("Haugland", "Torbjorn")]
HOSPITALS = [("St. Ethelburga Hospital", "Quayside 12, Port Harwick"), ("Klinikum Rabenfels", "Rabenring 3, Rabenfels")]
COMMON = {"stone", "grace"}

SHORT = [
    "[CT Thorax w contrast] {family}",
    "{family}, {given} [MRI brain w/wo Gd]",
    "[Abdomen 1.25 mm LUNG] {date:%Y-%m-%d}",
    "[Hodgkin lymphoma staging] MRN {pid}",
    "{FAMILY} {GIVEN} [t2_tse_tra 320]",
    "[RECIST 1.1 target lesion] dob {dob:%d.%m.%Y}",
    "[Ga-68 PSMA PET/CT 60 min p.i.] {initials}",
    "[Baker cyst L4/5] Dr. {physician}",
    "[Wilson disease, Kayser-Fleischer ring]",
    "[DWI b1000 ADC TR 5200 TE 90]",
    "[Breast R CC 12/14 nodes] acc {accession}",
    "{plain} [follow up 6 months]",
    "[Liver dynamic, late phase] {pid_split}",
    "[Thyroid uptake 24 h] {mother}",
    "[Kidney stone 6 mm left, long axis view]",
]
LONG = [
    "[67 y/o smoker with 12 mm nodule in RUL,] {family} {given}, [no change since prior. TR 2500 TE 90.]",
    "Pt {GIVEN} {FAMILY} born {dob:%n/%e/%Y} called {phone} [complains of dyspnea; SpO2 91 % on 2 l/min.]",
    "{over89} [year old with Alzheimer dementia. Barthel 45/100. Gleason 3+4=7.]",
    "[Referred by oncology,] mail {email}, [dose 8.5 mCi of FDG, glucose 104 mg/dl, uptake 62 min.]",
    "see {url} [for the protocol; kernel B31f, pitch 0.9, CTDIvol 7.41 mGy]",
    "Lives at {address} with Mrs. <Rosalind Winterbourne>. [Hip protocol, Crohn disease, Child-Pugh B.]",
    "SSN {ssn}, [insurance unknown. Ejection fraction 35 %, LVEDV 210 ml.]",
    "{date:%e %B %Y}: [bone scan negative. Ann Arbor stage II.] Prior {prior:%d/%m/%Y}. [Kernel FC08.]",
    "[Retired miner,] born {birthyear}, [FEV1 48 %, Parkinson disease.]",
    "{date:%d.%m.%Y} [Nierenzyste links, Bosniak IIF, 2,4 cm] {family}, {given}",
    "ref {physician} / tech {operator} [repeat sequence 3, motion]",
    "[Slices 1-120 of 480; T1 vibe; dose 0.1 mmol/kg Gadobutrol; 1.5 T]",
    "{inst}, [room 3: field of view 240 x 240 mm]. ID {pid}/{accession}",
]


def templates(kind):
    return [("en", t) for t in (SHORT if kind == "short" else LONG)]
