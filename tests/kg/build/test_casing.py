import re

import polars as pl
import pytest

from kgtools.kg.build.casing import recase, to_sentence_case

NAMES = """\
lung cancer                           Lung Cancer
lung cancer                           LUNG CANCER
headache                              Headache
type 2 diabetes                       Type 2 Diabetes
type 2 diabetes mellitus              Type 2 diabetes mellitus
type II diabetes                      Type II Diabetes
type II diabetes                      type ii diabetes
type I hypersensitivity               Type I hypersensitivity
stage IV breast cancer                Stage IV Breast Cancer
grade III astrocytoma                 Grade III Astrocytoma
glycogen storage disease type Ia      Glycogen Storage Disease Type Ia
factor V Leiden                       Factor V Leiden
factor VIII deficiency                Factor VIII Deficiency
bipolar II disorder                   Bipolar II disorder
cranial nerve VII palsy               Cranial Nerve VII Palsy
Alzheimer's disease                   Alzheimer's Disease
Alzheimer disease                     Alzheimer disease
Parkinson's disease                   Parkinson's Disease
Down syndrome                         Down Syndrome
Down syndrome                         Down syndrome
down in the mouth                     down in the mouth
Crohn's disease                       Crohn's Disease
Crohn disease                         CROHN DISEASE
Hodgkin lymphoma                      Hodgkin Lymphoma
non-Hodgkin lymphoma                  Non-Hodgkin Lymphoma
Graves' disease                       Graves' Disease
Hashimoto thyroiditis                 Hashimoto Thyroiditis
Kawasaki disease                      Kawasaki disease
Marfan syndrome                       Marfan Syndrome
Guillain-Barré syndrome               Guillain-Barré Syndrome
Sjögren's syndrome                    Sjögren's Syndrome
Behcet disease                        Behcet Disease
von Willebrand disease                Von Willebrand Disease
Creutzfeldt-Jakob disease             Creutzfeldt-Jakob Disease
Charcot-Marie-Tooth disease           Charcot-Marie-Tooth Disease
Stevens-Johnson syndrome              Stevens-Johnson Syndrome
Wolff-Parkinson-White syndrome        Wolff-Parkinson-White syndrome
tetralogy of Fallot                   Tetralogy of Fallot
tetralogy of Fallot                   Tetralogy Of Fallot
Bell's palsy                          Bell's Palsy
Colles' fracture                      Colles' Fracture
Kaposi sarcoma                        Kaposi Sarcoma
Ewing sarcoma                         Ewing Sarcoma
Wilms tumor                           Wilms Tumor
Barrett esophagus                     Barrett Esophagus
Meckel diverticulum                   Meckel Diverticulum
Raynaud phenomenon                    Raynaud Phenomenon
Babinski sign                         Babinski Sign
Glasgow coma scale                    Glasgow Coma Scale
Apgar score                           Apgar score
Doppler ultrasound                    Doppler ultrasound
Gram stain                            Gram stain
Zika virus infection                  Zika Virus Infection
Ebola hemorrhagic fever               Ebola Hemorrhagic Fever
Lyme disease                          Lyme Disease
West Nile fever                       West Nile Fever
Rocky Mountain spotted fever          Rocky Mountain Spotted Fever
Japanese encephalitis                 Japanese Encephalitis
German measles                        German Measles
Mediterranean diet                    Mediterranean Diet
Chinese cabbage                       Chinese Cabbage
OSAHS                                 Osahs
COPD                                  COPD
fish                                  Fish
FISH                                  FISH
malt                                  Malt
MALT lymphoma                         MALT lymphoma
SARS                                  SARS
AIDS                                  Aids
hearing aids                          Hearing Aids
HIV infection                         HIV Infection
HPV vaccine                           HPV vaccine
chest CT                              Chest CT
CT scan of the chest                  CT scan of the chest
brain MRI                             Brain MRI
ECG                                   Ecg
EEG examination                       EEG Examination
ESR                                   ESR
SLE                                   SLE
B-mode ultrasound                     B-mode ultrasound
X-ray of the chest                    X-ray of the chest
pH of urine                           pH of urine
IgA nephropathy                       IgA Nephropathy
IgG4-related disease                  IgG4-related disease
HbA1c                                 HbA1c
mRNA vaccine                          mRNA Vaccine
DNA damage                            DNA Damage
BRCA1 mutation                        BRCA1 mutation
TP53 gene                             TP53 gene
KRAS                                  KRAS
p53                                   p53
HLA-B27                               HLA-B27
α-thalassemia                         α-Thalassemia
β-blocker                             β-Blocker
alpha-fetoprotein                     Alpha-Fetoprotein
beta thalassemia                      Beta Thalassemia
vitamin D deficiency                  Vitamin D Deficiency
vitamin B12                           Vitamin B12
vitamin K                             vitamin k
hepatitis B                           Hepatitis B
hepatitis B virus                     hepatitis b virus
influenza A                           Influenza A
amoxicillin                           Amoxicillin
ibuprofen                             IBUPROFEN
aspirin                               Aspirin
insulin glargine                      Insulin Glargine
omeprazole enteric-coated capsules    Omeprazole Enteric-coated Capsules
Staphylococcus aureus infection       Staphylococcus aureus infection
Escherichia coli                      Escherichia coli
Helicobacter pylori infection         Helicobacter Pylori Infection
Candida infection                     Candida Infection
Epstein-Barr virus                    Epstein-Barr Virus
carcinoma of the breast               Carcinoma of the Breast
abscess of a kidney                   Abscess of a Kidney
fracture of the femur                 Fracture Of The Femur
athlete's foot                        Athlete's Foot
tennis elbow                          Tennis Elbow
moyamoya disease                      Moyamoya Disease
dengue                                Dengue
McArdle disease                       McArdle Disease
McBurney point                        McBurney point
the upper limbs                       the upper limbs
traditional Chinese medicine          Traditional Chinese Medicine
"""
"""How each name is written in the middle of a sentence, and a form in which tables give it."""
FORMS = [re.split(" {2,}", line) for line in NAMES.splitlines()]


def test_the_table_holds_a_hundred_names() -> None:
    assert len({given for _, given in FORMS}) == len(FORMS) >= 100


@pytest.mark.parametrize(("written", "given"), FORMS, ids=[given for _, given in FORMS])
def test_a_name_is_written_as_in_the_middle_of_a_sentence(written: str, given: str) -> None:
    assert to_sentence_case(given) == written


@pytest.mark.parametrize("written", sorted({written for written, _ in FORMS}))
def test_a_name_that_is_written_so_stays(written: str) -> None:
    assert to_sentence_case(written) == written


def test_a_column_of_names_keeps_its_order_and_what_is_missing() -> None:
    names = pl.Series("en", ["Lung Cancer", None, "Osahs", "Lung Cancer"])

    assert recase(names).to_list() == ["lung cancer", None, "OSAHS", "lung cancer"]
    assert recase(pl.Series("en", [None], dtype=pl.String)).to_list() == [None]
