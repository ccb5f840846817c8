#include "tables.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

const char *const family_names[] = {"Abara", "Ahlgren", "Almeida", "Anders", "Arslan", "Baptiste",
	"Baum", "Berg", "Bianchi", "Brandt", "Castillo", "Chen", "Costa", "Dąbrowski", "Demir",
	"Dubois", "Eriksen", "Esposito", "Fischer", "Fontaine", "Garcia", "Grünwald", "Haddad",
	"Hansen", "Horvat", "Ivanova", "Jansen", "Jiménez", "Kaya", "Keller", "Kim", "Kowalska",
	"Larsen", "Lindqvist", "Lopez", "Marsh", "Meier", "Moreau", "Müller", "Nakamura", "Nguyen",
	"Novak", "Öztürk", "Okafor", "Olsen", "Papadakis", "Patel", "Peeters", "Petrov", "Quill",
	"Rahman", "Ricci", "Rossi", "Sandoval", "Santos", "Schmid", "Silva", "Sørensen", "Stone",
	"Suzuki", "Tamm", "Torres", "Usman", "Vargas", "Virtanen", "Vogel", "Weber", "Winter",
	"Yilmaz", "Zhang"};
const char *const female_names[] = {"Aisha", "Amélie", "Anna", "Aylin", "Beatriz", "Carla",
	"Chiara", "Clara", "Daria", "Elena", "Emma", "Fatima", "Freya", "Grace", "Hana", "Helga",
	"Ines", "Irina", "Jana", "Josefine", "Katarzyna", "Lea", "Leila", "Linnea", "Lucía", "Mai",
	"Maria", "Marta", "Mei", "Mina", "Nadia", "Nora", "Olga", "Paula", "Petra", "Rosa",
	"Sabine", "Sara", "Sofia", "Ulrike", "Vera", "Yuki", "Zoë"};
const char *const male_names[] = {"Ahmed", "Alexei", "Andrés", "Anton", "Benoît", "Bjørn", "Carlos",
	"Chidi", "Daniel", "David", "Emil", "Enzo", "Felix", "Georg", "Hassan", "Hiro", "Hugo",
	"Igor", "Ivan", "Jakob", "João", "Jonas", "Karim", "Lars", "Leo", "Luca", "Malik", "Marek",
	"Mehmet", "Nils", "Omar", "Otto", "Paul", "Pedro", "Rafael", "Ravi", "Samuel", "Stefan",
	"Tomáš", "Viktor", "Wei", "Yusuf", "Zoran"};
const char *const streets[] = {"Mill Lane", "Station Road", "Garden Street", "Church Hill",
	"River Walk", "Old Market", "Linden Avenue", "School Lane", "Bridge Street",
	"Orchard Close", "Chapel Yard", "Quarry Road"};
const char *const wards[] = {"Emergency", "Cardiology", "General medicine", "Surgery",
	"Paediatrics", "Maternity", "Neurology", "Outpatients"};

const struct test tests[] = {
	{"718-7", "Haemoglobin", "g/dL", 12.0, 16.0, 0.4},
	{"2345-7", "Glucose", "mg/dL", 70, 105, 8},
	{"4548-4", "Haemoglobin A1c", "%", 4.0, 5.6, 0.2},
	{"2160-0", "Creatinine", "mg/dL", 0.6, 1.2, 0.08},
	{"2823-3", "Potassium", "mmol/L", 3.5, 5.1, 0.25},
	{"2951-2", "Sodium", "mmol/L", 136, 145, 1.6},
	{"1988-5", "C-reactive protein", "mg/L", 0.0, 5.0, 1.0},
	{"8480-6", "Systolic blood pressure", "mm[Hg]", 95, 130, 7},
	{"8462-4", "Diastolic blood pressure", "mm[Hg]", 60, 85, 5},
	{"8867-4", "Heart rate", "/min", 58, 95, 6},
	{"29463-7", "Body weight", "kg", 55, 90, 0.8},
	{"2093-3", "Cholesterol", "mg/dL", 120, 200, 10},
};

const struct drug drugs[] = {
	{"C09AA05", "ramipril 5 mg", "one tablet in the morning"},
	{"A10BA02", "metformin 850 mg", "one tablet twice a day"},
	{"C10AA05", "atorvastatin 20 mg", "one tablet in the evening"},
	{"R03AC02", "salbutamol 100 µg", "one puff when short of breath"},
	{"N02BE01", "paracetamol 500 mg", "up to four tablets a day"},
	{"B03AA07", "iron sulphate 100 mg", "one tablet a day"},
	{"H03AA01", "levothyroxine 75 µg", "one tablet in the morning"},
	{"J01CA04", "amoxicillin 500 mg", "one capsule three times a day for a week"},
	{"N06AB06", "sertraline 50 mg", "one tablet a day"},
};

const struct disease diseases[] = {
	{"38341003", "Hypertension", 0.30, 35, 7, 0.9, 0},
	{"44054006", "Type 2 diabetes", 0.12, 40, 2, 1.6, 1},
	{"55822004", "High cholesterol", 0.22, 35, 11, 0.6, 2},
	{"195967001", "Asthma", 0.09, 4, 9, 0.2, 3},
	{"396275006", "Osteoarthritis", 0.15, 50, 6, 0.4, 4},
	{"87522002", "Iron deficiency anaemia", 0.06, 15, 0, -0.8, 5},
	{"40930008", "Hypothyroidism", 0.05, 20, 11, 0.4, 6},
	{"233604007", "Pneumonia", 0.04, 1, 6, 14.0, 7},
	{"35489007", "Depression", 0.08, 16, 9, 0.1, 8},
	{"709044004", "Chronic kidney disease", 0.05, 55, 3, 1.5, 0},
};

const struct allergen allergens[] = {{"91936005", "Penicillin"}, {"91935009", "Peanut"},
	{"300916003", "Latex"}, {"300913006", "Shellfish"}, {"232347008", "Animal hair"}};

const size_t family_count = COUNT(family_names), female_count = COUNT(female_names),
	     male_count = COUNT(male_names), street_count = COUNT(streets),
	     ward_count = COUNT(wards), test_count = COUNT(tests), drug_count = COUNT(drugs),
	     disease_count = COUNT(diseases), allergen_count = COUNT(allergens);
