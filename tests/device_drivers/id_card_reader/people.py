"""Invented holders of cards for the tests; numbers with right check digits (GB 11643)."""

RESIDENT = {
    "kind": "resident",
    "name": "李桓台",
    "sex": "1",
    "ethnicity_code": "01",
    "birth_date": "1990-01-01",
    "address": "山东省淄博市桓台县索镇中心大街8号",
    "number": "37032119900101001X",
    "issuer": "桓台县公安局",
    "valid_from": "2020-01-01",
    "valid_until": "2040-01-01",
}
ELDERLY = RESIDENT | {
    "name": "王秀英",
    "sex": "2",
    "birth_date": "1953-06-15",
    "number": "370321195306150023",
    "valid_until": "长期",
}
PERMIT = {
    "kind": "hk_macau_taiwan",
    "name": "陈大文",
    "sex": "1",
    "birth_date": "1985-02-20",
    "address": "山东省淄博市桓台县少海路2号",
    "number": "810000198502200035",
    "issuer": "桓台县公安局",
    "valid_from": "2022-03-01",
    "valid_until": "2027-03-01",
    "pass_number": "H12345678",
    "times_issued": "01",
}
FOREIGNER_2017 = {
    "kind": "foreigner_2017",
    "name": "证件样本",
    "english_name": "ZHENGJIAN,YANGBEN",
    "sex": "2",
    "nationality": "CAN",
    "birth_date": "1981-08-03",
    "number": "CAN110081080319",
    "issuer": "1500",
    "valid_from": "2015-10-25",
    "valid_until": "2025-10-24",
    "card_version": "01",
}
FOREIGNER_2023 = {
    "kind": "foreigner_2023",
    "name": "证件样本",
    "english_name": "MAXIMILIANA ALEXANDRA, KONSTANTINOPOLITANSKAIA",
    "sex": "2",
    "nationality": "PAK",
    "birth_date": "1980-01-01",
    "number": "931586198001010028",
    "valid_from": "2023-08-08",
    "valid_until": "2033-08-07",
    "times_issued": "00",
    "former_number_link": "000",
}
