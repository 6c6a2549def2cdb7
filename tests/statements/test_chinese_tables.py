"""The layouts of Chinese wallets, banks and apps, on fixtures of our own."""

# ruff: noqa: E501  # the fixtures are as wide as the lines of banks

from __future__ import annotations

import pytest

from .reading import days, doubts, read_text, sums

ALIPAY_APP = """
------------------------------------------------------------------------------------
导出信息：
姓名：测试
支付宝账户：test@example.com
起始时间：[2025-03-01 00:00:00]    终止时间：[2025-03-31 23:59:59]
共3笔记录
收入：1笔 10.00元

特别提示：
1.本明细仅供个人对账使用。

------------------------支付宝（中国）网络技术有限公司  电子客户回单------------------------
交易时间            ,交易分类   ,交易对方  ,对方账号  ,商品说明  ,收/支   ,金额     ,收/付款方式 ,交易状态  ,交易订单号     ,商家订单号   ,备注    ,
2025-03-12 21:32:14 ,餐饮美食   ,面馆      ,/         ,午餐      ,支出    ,18.50    ,余额宝      ,交易成功  ,2025031201\t,M1\t,        ,
2025-03-08 14:16:52 ,退款       ,鞋店      ,/         ,退款-鞋   ,不计收支,99.00    ,余额宝      ,退款成功  ,2025030802_1\t,M2\t,        ,
2025-03-02 09:00:00 ,转账红包   ,小李      ,/         ,红包      ,收入    ,10.00    ,余额        ,交易成功  ,2025030203\t,\t,        ,
"""
# The app's export of 2021: the column names first, what else there is to say behind the rows.
ALIPAY_2021 = """
收/支               ,交易对方            ,对方账号            ,商品说明            ,收/付款方式         ,金额                ,交易状态            ,交易分类            ,交易订单号          ,商家订单号          ,交易时间            ,
支出                ,超市                ,/                   ,买菜                ,余额                ,32.10               ,交易成功            ,日用百货            ,20210501\t,M1\t,2021-05-01 10:00:00 ,
其他                ,余额宝              ,/                   ,转入                ,余额                ,500.00              ,交易成功            ,投资理财            ,20210502\t,\t,2021-05-02 10:00:00 ,
------------------------------------------------------------------------------------
导出信息：
姓名：测试
起始时间：[2021-05-01 00:00:00]    终止时间：[2021-05-31 00:00:00]
共2笔记录
"""
WECHAT = """
微信支付账单明细,,,,,,,,,,
微信昵称：[测试],,,,,,,,,,
起始时间：[2024-08-01 00:00:00] 终止时间：[2024-09-30 23:59:59],,,,,,,,,,
共4笔记录,,,,,,,,,,
----------------------微信支付账单明细列表--------------------,,,,,,,,,,
交易时间,交易类型,交易对方,商品,收/支,金额(元),支付方式,当前状态,交易单号,商户单号,备注
2024-09-26 12:45:27,商户消费,米线店,午餐,支出,¥28.16,某银行(1234),支付成功,10001\t,20001\t,/
2024-09-24 10:10:11,微信红包,同学,/,收入,¥0.35,/,已存入零钱,10002\t,20002\t,/
2024-09-20 16:29:37,零钱提现,某银行(),"/",/,¥100.10,某银行,提现已到账,10003\t,/\t,"服务费¥0.10"
2024-09-18 10:48:09,商户消费,点击"多多",写"好"了,收入,"¥1,000.07",/,充值成功,10004 ,20004 ,"/"
"""
JD = """
导出信息：
京东账号名：test
共：2笔记录

交易时间,交易分类,商户名称,交易说明,收/支,金额,收/付款方式,交易状态,交易订单号,商家订单号,备注
2024-12-29 06:37:20\t,小金库,京东小金库,收益,收入,0.01,零用钱,交易成功,1\t,2\t,
2024-12-15 12:09:23\t,白条,京东金融,白条主动还款,不计收支,1125.43,零用钱,交易成功,3\t,4\t,
"""
MEITUAN = """
美团交易账单明细
起始时间：[2025-02-01] 终止时间：[2025-02-28]
""
【美团交易账单明细列表】
交易创建时间,交易成功时间,交易类型,订单标题,收/支,支付方式,订单金额,实付金额,交易单号,商家单号,备注
2025-02-28 20:35:13,2025-02-28 20:35:25,支付,奶茶,支出,月付,¥22.30,¥21.17,"250228\t","0_21\t",/
2025-02-27 07:04:17,2025-02-27 07:04:18,退款,蛋挞,收入,信用卡(1),¥20.00,¥20.00,"250227\t","4981\t",/
"""
CMB_CARD = """
招商银行信用卡对账单（个人消费卡账户 2025年01月）
交易日,记账日,交易摘要,人民币金额,卡号末四位,交易地金额
,12/29,手机银行还款,-41.23,1234,-41.23
01/02,01/03,电影票,56.78,1234,56.78
01/03,01/04,饭票退款,-3.90,1234,-3.90(CN)
01/05,01/07,旅行社,"8,000.00",1234,"8,000.00(CN)"
"""
CMB_DEBIT = """
# 招商银行交易记录
# 账号: [********1234]
交易日期,交易时间,收入,支出,余额,交易类型,交易备注
\t20240105,\t10:11:12,\t,\t20.00,\t980.00,\t快捷支付,\t超市
\t20240104,\t09:00:00,\t1000.00,\t,\t1000.00,\t代发工资,\t公司
"""
CITIC_CARD = """
交易日期,入账日期,交易描述,卡末四位,交易币种,交易金额,结算币种,结算金额
2025-01-03,2025-01-04,餐厅,8888,USD,10.00,CNY,72.50
2025-01-10,2025-01-10,还款,8888,CNY,-500.00,CNY,-500.00
"""
CGB_CARD = """
交易日期,入账日期,交易摘要,交易金额,交易货币,入账金额,入账货币
2025/01/05,2025/01/06,（消费）商店,15.90,人民币,15.90,人民币
2025/01/03,2025/01/03,（分期）3/12期,100.00,人民币,100.00,人民币
2024/12/25,2024/12/26,（还款）云闪付,-600.00,人民币,-600.00,人民币
"""
BOCOM_CARD = """
交易日期,记账日期,交易说明,交易币种/金额,入账币种/金额
2025-01-10,2025-01-10,退货 商户,CNY 12.00,CNY 12.00
2025-01-29,2025-01-29,信用卡还款 转账,CNY13.50,CNY 13.50
2025-01-18,2025-01-18,消费 Kiosk,JPY 1000.00,CNY 49.85
"""
BOC_CARD = """
中国银行信用卡账单(2025年01月)
交易日,银行记账日,卡号后四位,交易描述,存入,支出,币种
2024-12-13,2024-12-14,4260,地铁,,50.00,CNY
2024-12-20,2024-12-20,,存款利息,0.01,,CNY
2024-12-22,2024-12-24,2875,GAMES,,3.72,USD
"""
BOC_DEBIT = """
中国银行交易流水明细单
记账日期,记账时间,币别,金额,余额,交易名称,渠道,网点名称,附言,对方账户名,对方卡号/账号,对方开户行,借记卡号
2025-08-22,17:57:17,人民币,-71.89,"3,240.28",无卡支付,线上,----,----------,张三,6226,----,3167
2025-08-22,12:23:04,人民币,50.00,"3,312.17",快捷退款,银企,----,支付宝,支付宝,8000,----,3167
"""
BOCOM_DEBIT = """
序号,交易日期,交易时间,交易类型,借贷,交易金额,余额,对方账号,对方户名,交易地点,摘要
1,2025-01-01,00:00:00,存款利息,贷 Cr,1.23,1334.63,1,利息,批处理,
2,2025-02-02,13:15:12,信用卡转账还款,借 Dr,3.21,1331.42,6,李四,其他,
"""
ICBC_DEBIT = """
明细查询文件下载

卡号: 1234****9876,"卡别名: "

交易日期,摘要,交易详情,交易场所,交易国家或地区简称,钞/汇,交易金额(收入),交易金额(支出),交易币种,记账金额(收入),记账金额(支出),记账币种,余额,对方户名,对方账户
2023-05-02     \t,"消费       \t","       \t","快餐店   \t","CHN   \t",钞   \t,"-   \t","-   \t",-   \t,"       \t","13.40   \t",人民币   \t,"xx,yyyy.zz   \t","某公司    \t","1   \t",
2023-04-14     \t,"工资       \t","       \t","         \t","CHN   \t",钞   \t,"-   \t","-   \t",-   \t,"1,234.56   \t","        \t",人民币   \t,"xx,yyyy.zz   \t","雇主    \t","1   \t",
\x20
人民币合计,,,,,,,,,"9,999.00   \t","8,888.00   \t",
"""
FEIDEE = """
交易类型,日期,分类,子分类,账户1,账户2,账户币种,金额,成员,商家,项目,备注
支出,2024-09-11 05:06:00,吃,早餐,现金,,CNY,-12.40,,,,
收入,2024-09-10 00:00:00,工资,,卡,,CNY,100.00,,,,
余额变更,2024-09-01 01:00:00,,,卡,,CNY,-0.12,,,,
转账,2024-09-01 23:59:59,,,现金,卡,CNY,0.05,,,,
"""
UNSIGNED = """
交易时间,交易对方,摘要,收/支,交易金额,交易状态,交易流水号
2026-03-01 10:00:00,甲,买,支出,320.00,交易失败,A1
2026-03-01 10:05:00,乙,卖,转入,10.00,交易成功,A2
2026-03-01 10:06:00,丙,谜,未知方向,7.00,交易成功,A3
"""


@pytest.mark.parametrize(
    ("text", "name", "expected", "doubted"),
    [
        (ALIPAY_APP, "alipay-csv", {"in CNY": "10.00", "neutral CNY": "99.00", "out CNY": "18.50"}, set()),
        (ALIPAY_2021, "alipay-csv", {"neutral CNY": "500.00", "out CNY": "32.10"}, set()),
        (WECHAT, "wechat-csv", {"in CNY": "1000.42", "neutral CNY": "100.10", "out CNY": "28.16"}, {"fees_apart"}),
        (JD, "cnwallet-csv", {"in CNY": "0.01", "neutral CNY": "1125.43"}, set()),
        (MEITUAN, "cnwallet-csv", {"in CNY": "20.00", "out CNY": "21.17"}, set()),
        (CMB_CARD, "cnbank-csv", {"in CNY": "45.13", "out CNY": "8056.78"}, set()),
        (CMB_DEBIT, "cnbank-csv", {"in CNY": "1000.00", "out CNY": "20.00"}, {"currency_guessed"}),
        (CITIC_CARD, "cnbank-csv", {"in CNY": "500.00", "out CNY": "72.50"}, set()),
        (CGB_CARD, "cnbank-csv", {"in CNY": "600.00", "out CNY": "115.90"}, set()),
        (BOCOM_CARD, "cnbank-csv", {"in CNY": "25.50", "out CNY": "49.85"}, set()),
        (BOC_CARD, "cnbank-csv", {"in CNY": "0.01", "out CNY": "50.00", "out USD": "3.72"}, set()),
        (BOC_DEBIT, "cnbank-csv", {"in CNY": "50.00", "out CNY": "71.89"}, set()),
        (BOCOM_DEBIT, "cnbank-csv", {"in CNY": "1.23", "out CNY": "3.21"}, {"currency_guessed"}),
        (ICBC_DEBIT, "cnbank-csv", {"in CNY": "1234.56", "out CNY": "13.40"}, set()),
        (FEIDEE, "cnapp-csv", {"in CNY": "100.00", "neutral CNY": "0.17", "out CNY": "-12.40"}, {"below_zero"}),
        (
            UNSIGNED,
            "cnbank-csv",
            {"in CNY": "10.00", "neutral CNY": "7.00", "out CNY": "320.00"},
            {"direction_unknown", "failed_counted", "currency_guessed"},
        ),
    ],
)  # fmt: skip
def test_layouts(text: str, name: str, expected: dict[str, str], doubted: set[str]) -> None:
    statement = read_text(text)
    assert statement.format == name
    assert sums(statement) == expected
    assert doubts(statement) == doubted
    assert not statement.bad_rows


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_encodings_make_no_difference(encoding: str) -> None:
    statement = read_text(ALIPAY_APP, encoding=encoding)
    assert sums(statement) == {"in CNY": "10.00", "neutral CNY": "99.00", "out CNY": "18.50"}
    assert statement.entries[0].counterparty == "面馆"
    assert doubts(statement) == set()


def test_card_rows_without_a_year_belong_to_the_statement_or_the_year_before() -> None:
    assert days(read_text(CMB_CARD)) == ["2024-12-29", "2025-01-02", "2025-01-03", "2025-01-05"]


def test_without_a_stated_year_the_file_name_is_a_guess_and_nothing_else_is() -> None:
    text = CMB_CARD.replace("2025年01月", "")
    named = read_text(text, filename="CMB-2025-01.csv")
    assert days(named)[0] == "2024-12-29"
    assert doubts(named) == {"year_guessed"}
    unnamed = read_text(text)
    assert not unnamed.entries
    assert [row.code for row in unnamed.bad_rows] == ["no_date"] * 4


def test_blanks_and_tabs_go_and_the_right_columns_are_taken() -> None:
    entry = read_text(WECHAT).entries[2]
    assert (entry.reference, entry.category, entry.text) == ("10003", "零钱提现", "服务费¥0.10")
    assert str(entry.clock) == "16:29:37"


def test_a_stated_number_of_rows_that_is_not_there_is_doubted() -> None:
    statement = read_text(ALIPAY_APP.replace("共3笔", "共35笔"))
    assert dict(statement.doubts[0].params) == {"stated": 35, "present": 3}


def test_a_closed_payment_is_counted_as_listed_and_doubted() -> None:
    statement = read_text(ALIPAY_APP.replace("交易成功  ,2025031201", "交易关闭  ,2025031201"))
    assert doubts(statement) == {"failed_counted"}
    assert sums(statement)["out CNY"] == "18.50"
